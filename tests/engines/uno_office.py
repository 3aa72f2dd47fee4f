"""Start LibreOffice and load documents; imported by the scripts that its own Python runs."""

import os
import subprocess
import time

import uno
from com.sun.star.beans import PropertyValue
from com.sun.star.connection import NoConnectException


def property_value(name, value):
    """One load argument."""
    found = PropertyValue()
    found.Name, found.Value = name, value
    return found


def connect(profile):
    """Start the office and wait until it answers."""
    pipe = f"perfxl{os.getpid()}"
    command = ["soffice", f"-env:UserInstallation={profile}", "--headless", "--norestore", f"--accept=pipe,name={pipe};urp;"]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(600):
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            return process, context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
        except NoConnectException:
            time.sleep(0.1)
    raise SystemExit("LibreOffice did not start")


def load(desktop, path):
    """A document, hidden."""
    return desktop.loadComponentFromURL(uno.systemPathToFileUrl(path), "_blank", 0, (property_value("Hidden", True),))
