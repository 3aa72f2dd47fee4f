"""The built add-in as a file: reproducible, valid, its ribbon and its VBA in agreement."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from lxml import etree
from openxml_audit import OpenXmlValidator
from pyopenvba import ExcelFile
from python_calamine import CalamineWorkbook
from pyvbaanalysis import analyze_office_file

from perfxl import __version__
from perfxl.excel.build import TEXT_SHEET, addin_parts, build_addin
from perfxl.excel.sources import NAMESPACES, built_addin, icons, modules, texts

# Signatures that the ribbon calls (MS-CUSTOMUI 2.3, "callback").
SIGNATURES = {
    "onLoad": r"Public Sub {name}\(ui As IRibbonUI\)",
    "onAction": r"Public Sub {name}\(control As IRibbonControl\)",
    "getEnabled": r"Public Sub {name}\(control As IRibbonControl, ByRef returnedVal\)",
    "getVisible": r"Public Sub {name}\(control As IRibbonControl, ByRef returnedVal\)",
}
# Attributes of the elements in use, from the XML schemas in MS-CUSTOMUI and MS-CUSTOMUI2.
COMMON = {"id", "label", "keytip", "visible", "getVisible"}
ALLOWED = {
    "customUI": {"onLoad"},
    "ribbon": set(),
    "tabs": set(),
    "tab": COMMON,
    "group": COMMON,
    "button": COMMON | {"size", "image", "onAction", "getEnabled", "screentip", "supertip"},
}
CHILDREN = {"customUI": {"ribbon"}, "ribbon": {"tabs"}, "tabs": {"tab"}, "tab": {"group"}, "group": {"button"}, "button": set()}
LIMITS = {"label": 1024, "screentip": 1024, "supertip": 1024, "keytip": 3}


@pytest.fixture(scope="module")
def parts() -> dict[str, bytes]:
    return addin_parts()


@pytest.fixture(scope="module")
def vba(addin: Path) -> dict[str, str]:
    with ExcelFile(addin) as file:
        return {name: file.get_module(name) for name in file.module_names()}


class DescribeTheFile:
    def it_is_the_same_in_two_builds(self) -> None:
        assert build_addin() == build_addin()

    def it_is_the_one_committed_under_templates(self, parts: dict[str, bytes]) -> None:
        with zipfile.ZipFile(built_addin()) as package:
            assert {name: package.read(name) for name in package.namelist()} == parts

    def it_satisfies_openxml_audit(self, addin: Path) -> None:
        result = OpenXmlValidator().validate(str(addin))
        assert [str(each) for each in result.errors] == []

    def it_is_an_addin_by_its_content_type(self, parts: dict[str, bytes]) -> None:
        assert b"application/vnd.ms-excel.addin.macroEnabled.main+xml" in parts["[Content_Types].xml"]

    def it_carries_every_text_in_a_very_hidden_sheet(self, addin: Path) -> None:
        book = CalamineWorkbook.from_path(addin)
        found = {row[0]: row[1] for row in book.get_sheet_by_name(TEXT_SHEET).to_python()[1:]}
        assert found == {"version": __version__, **texts()}
        assert {each.name: str(each.visible) for each in book.sheets_metadata} == {
            "perfxl": "SheetVisibleEnum.Visible",
            TEXT_SHEET: "SheetVisibleEnum.VeryHidden",
        }

    def it_holds_no_password_and_unprotects_nothing(self, vba: dict[str, str]) -> None:
        assert not [name for name, source in vba.items() if re.search("password|protect", source, re.IGNORECASE)]


class DescribeTheVba:
    def it_is_ascii_and_binds_late(self) -> None:
        for module in modules():
            assert module.source.isascii()
            assert "Scripting.Dictionary" not in module.source
            assert not re.search(r"\bAs New\b", module.source)

    def it_is_stored_as_written(self, vba: dict[str, str]) -> None:
        for module in modules():
            assert vba[module.name].endswith(module.source), module.name

    def it_has_no_fault_that_pyvbaanalysis_can_prove(self, addin: Path) -> None:
        found = analyze_office_file(addin)
        assert {name: [each.message for each in problems] for name, problems in found.items() if problems} == {}

    def it_has_the_text_for_every_key_that_a_macro_asks_for(self) -> None:
        keys = {"version", *(key for key in texts() if not key.startswith("help_"))}
        asked = {
            key for module in modules() for key in re.findall(r'PxText\((?:IIf\([^,]+, )?"(\w+)"', module.source)
        } | {"rows_shown"}
        assert asked - {"help_"} == keys


@pytest.mark.parametrize("part", NAMESPACES)
class DescribeTheRibbon:
    def tree(self, parts: dict[str, bytes], part: str) -> etree._Element:
        return etree.fromstring(parts[f"customUI/{part}.xml"])

    def it_uses_elements_and_attributes_of_the_schema(self, parts: dict[str, bytes], part: str) -> None:
        for element in self.tree(parts, part).iter():
            name = etree.QName(element)
            assert name.namespace == NAMESPACES[part]
            assert set(element.attrib) <= ALLOWED[name.localname]
            assert {etree.QName(child).localname for child in element} <= CHILDREN[name.localname]
            for attribute, text in element.attrib.items():
                assert 0 < len(text) <= LIMITS.get(attribute, 1024)

    def it_names_each_control_once(self, parts: dict[str, bytes], part: str) -> None:
        ids = [element.get("id") for element in self.tree(parts, part).iter() if element.get("id")]
        assert len(ids) == len(set(ids))
        assert all(re.fullmatch(r"[A-Za-z_][\w]*", name) for name in ids)

    def it_calls_macros_that_exist_with_the_right_signature(
        self, parts: dict[str, bytes], part: str, vba: dict[str, str]
    ) -> None:
        called = [
            (attribute, text)
            for element in self.tree(parts, part).iter()
            for attribute, text in element.attrib.items()
            if attribute in SIGNATURES
        ]
        assert len(called) == 28
        for attribute, name in called:
            assert len(re.findall(SIGNATURES[attribute].format(name=name), vba["PxRibbon"])) == 1, name
        macros = set(re.findall(r"Public Sub (\w+)", vba["PxRibbon"])) - {"PxRefreshRibbon"}
        assert macros == {name for _, name in called}

    def it_finds_every_picture(self, parts: dict[str, bytes], part: str) -> None:
        used = {element.get("image") for element in self.tree(parts, part).iter() if element.get("image")}
        relations = etree.fromstring(parts[f"customUI/_rels/{part}.xml.rels"])
        targets = {each.get("Id"): each.get("Target") for each in relations}
        assert used == set(targets) == set(icons())
        for target in targets.values():
            assert parts[f"customUI/{target}"].startswith(b"\x89PNG")
        assert b'Extension="png" ContentType="image/png"' in parts["[Content_Types].xml"]

    def it_is_reached_from_the_package(self, parts: dict[str, bytes], part: str) -> None:
        year = {"customUI": "2006", "customUI14": "2007"}[part]
        wanted = f"http://schemas.microsoft.com/office/{year}/relationships/ui/extensibility"
        found = {each.get("Type"): each.get("Target") for each in etree.fromstring(parts["_rels/.rels"])}
        assert found[wanted] == f"customUI/{part}.xml"

    def it_reads_back_in_chinese(self, parts: dict[str, bytes], part: str) -> None:
        labels = [each.get("label") for each in self.tree(parts, part).iter() if each.get("label")]
        assert labels == [
            "绩效目标",
            *("校验", "校验本表", "校验全部", "上一处", "下一处"),
            *("填报", "规范指标值", "恢复", "从上年带入", "复制项目", "显示/隐藏空行"),
            *("报送", "导出报送文件", "打印预览"),
            *("财政", "深度校验", "合并汇总"),
            *("帮助", "关于"),
        ]


class DescribeAWorkbookWithoutTheAddin:
    def it_has_no_macro_no_ribbon_and_no_link_to_the_addin(self, good_book: Path) -> None:
        with zipfile.ZipFile(good_book) as package:
            names = package.namelist()
            content = b"".join(package.read(name) for name in names)
        assert not [name for name in names if "vba" in name.lower() or "customui" in name.lower() or "externalLink" in name]
        assert b"xlam" not in content
        with zipfile.ZipFile(io.BytesIO(good_book.read_bytes())) as package:
            assert b"macroEnabled" not in package.read("[Content_Types].xml")
