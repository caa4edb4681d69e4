"""Files for a service of the system that fetches feeds regularly."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from html import escape

_SYSTEMD = """\
# Save these as newsreader-sync.service and newsreader-sync.timer in ~/.config/systemd/user, then:
#   systemctl --user daemon-reload
#   systemctl --user enable --now newsreader-sync.timer

# --- newsreader-sync.service
[Unit]
Description=Fetch feeds for newsreader

[Service]
Type=oneshot
{environment}ExecStart={command}
# Feeds that failed are no failure of the service.
SuccessExitStatus=1

# --- newsreader-sync.timer
[Unit]
Description=Fetch feeds for newsreader regularly

[Timer]
OnStartupSec=2min
OnUnitInactiveSec=15min
RandomizedDelaySec=2min

[Install]
WantedBy=timers.target
"""
_LAUNCHD = """\
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<!-- Save this as ~/Library/LaunchAgents/newsreader.sync.plist, then:
     launchctl load ~/Library/LaunchAgents/newsreader.sync.plist -->
<plist version="1.0">
<dict>
  <key>Label</key><string>newsreader.sync</string>
  <key>ProgramArguments</key>
  <array>
{words}
  </array>
{environment}  <key>StartInterval</key><integer>900</integer>
  <key>RunAtLoad</key><true/>
  <key>LowPriorityIO</key><true/>
</dict>
</plist>
"""
_VARIABLES = ("NEWSREADER_CACHE_DIR", "NEWSREADER_DATA_DIR", "NEWSREADER_CONFIG_DIR")


def timer_files(platform: str) -> str:
    """Return the files for systemd, or for launchd on macOS. They ask every 15 minutes; few feeds are due then."""
    program = shutil.which("newsreader")
    words = [program, "sync"] if program else [sys.executable, "-m", "reader", "sync"]
    values = {name: value for name in _VARIABLES if (value := os.environ.get(name))}
    if platform == "darwin":
        inside = "".join(f"<key>{name}</key><string>{escape(value)}</string>" for name, value in values.items())
        environment = f"  <key>EnvironmentVariables</key><dict>{inside}</dict>\n" if values else ""
        strings = "\n".join(f"    <string>{escape(word)}</string>" for word in words)
        return _LAUNCHD.format(words=strings, environment=environment)
    lines = [f"Environment={shlex.quote(f'{name}={value}')}\n" for name, value in values.items()]
    command = " ".join(shlex.quote(word) for word in words)
    # In a unit file, % and $ have a meaning of their own.
    quoted = ["".join(lines).replace("%", "%%"), command.replace("%", "%%").replace("$", "$$")]
    return _SYSTEMD.format(environment=quoted[0], command=quoted[1])
