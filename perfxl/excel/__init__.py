"""The Excel add-in: VBA and ribbon sources, its builder, its installation."""

from .build import addin_parts, build_addin
from .install import install_addin, uninstall_addin

__all__ = ["addin_parts", "build_addin", "install_addin", "uninstall_addin"]
