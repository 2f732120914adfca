"""The forms of yum's metadata, of which a record has its package's own part."""

XML = '<?xml version="1.0" encoding="UTF-8"?>\n'
NAMESPACE = "http://linux.duke.edu/metadata"
ROOTS = {
    "primary": f'<metadata xmlns="{NAMESPACE}/common" xmlns:rpm="{NAMESPACE}/rpm" packages="%d">\n%s</metadata>\n',
    "other": f'<otherdata xmlns="{NAMESPACE}/other" packages="%d">\n%s</otherdata>\n',
}
