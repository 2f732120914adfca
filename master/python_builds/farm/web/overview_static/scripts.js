"use strict";
// Adds the overview to the menu of Buildbot's pages: it is a page of its own, which the whole window is for.
const h = window.React.createElement;
function Overview() {
  window.React.useEffect(() => { window.location.replace(new URL("plugins/overview/", window.location.href.replace(/#.*/, ""))); }, []);
  return h("a", { href: "plugins/overview/" }, "Overview");
}
window.BuildbotPluginSupport.buildbotSetupPlugin((registry) => {
  registry.registerMenuGroup({ name: "overview", caption: "Overview", icon: h("span", { "aria-hidden": true }, "▦"), order: 2, route: "/overview", parentName: null });
  registry.registerRoute({ route: "/overview", group: "overview", element: () => h(Overview) });
});
