"""What systems are called."""

SYSTEMS = {
    "ubuntu": "Ubuntu",
    "debian": "Debian",
    "linuxmint": "Linux Mint",
    "pop": "Pop!_OS",
    "rhel": "Red Hat Enterprise Linux",
    "rocky": "Rocky Linux",
    "almalinux": "AlmaLinux",
    "ol": "Oracle Linux",
    "centos": "CentOS Stream",
    "amzn": "Amazon Linux",
    "fedora": "Fedora",
    "opensuse-leap": "openSUSE Leap",
    "sles": "SUSE Linux Enterprise Server",
    "sled": "SUSE Linux Enterprise Desktop",
}
"""os-release's IDs as people know them; the page lists those that a platform serves."""
