"""Every error that perfxl can report: one code, one message, one remedy.

A programmer's fault raises an ordinary exception.  A fault in what a user gave
(a form definition, a command, an output folder) raises :class:`PerfxlError`.
A fault inside a returned workbook never raises past its file: it becomes a
finding whose wording comes from the same catalogue.
"""

from __future__ import annotations

import errno
from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter

__all__ = ["CATALOGUE", "Entry", "PerfxlError", "entry", "reason"]


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the catalogue.

    ``message`` and ``remedy`` are Chinese, with ``{placeholder}`` names that
    whoever reports the error must supply.
    """

    code: str
    message: str
    remedy: str

    @property
    def placeholders(self) -> frozenset[str]:
        """The names that have to be supplied with this code."""
        text = self.message + self.remedy
        return frozenset(name for _, name, _, _ in Formatter().parse(text) if name)


def _catalogue(*entries: tuple[str, str, str]) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for code, message, remedy in entries:
        if code in found:
            raise ValueError(f"error code {code} is listed twice")
        found[code] = Entry(code, message, remedy)
    return found


CATALOGUE = _catalogue(
    # Rule language: faults of a form's author.
    ("L01", "公式无法理解：{found}（第 {column} 个字符）", "检查括号、引号、逗号和运算符，都用半角，不等于写 <>；公式只用 Excel 2010 的写法，字段写英文名称。"),
    ("L02", "函数 {name} 不在允许之列", "可用函数：{known}"),
    ("L03", "名称 {name} 没有定义", "本处可用：{known}"),
    ("L04", "函数 {name} 需要 {expected} 个参数，现为 {found} 个", "按函数说明补齐或删去参数。"),
    ("L05", "{what}应为{expected}，现为{found}", "文本、数值、逻辑值不能混用；必要时改写公式。"),
    ("L06", "{what}未取整就比较或显示，各表格软件结果会不同", "写成 ROUND(…, 6) 再比较或显示。"),
    ("L07", "公式有 {length} 个字符，超过 {limit}", "拆成几条规则。"),
    ("L08", "{what}只能用字段名，现为 {found}", "第一个参数直接写字段名。"),
    ("L09", "公式嵌套 {depth} 层，超过 {limit} 层", "拆成几条规则。"),
    # Form definition.
    ("F01", "没有名为 {form} 的表样", "可用表样：{known}；或给出 form.toml 的路径。"),
    ("F02", "不是有效的 TOML：{reason}", "按提示的行列改正；错处也可能在上一行。"),
    ("F03", "不认识的键 {key}", "此处可用：{known}"),
    ("F04", "缺少键 {key}", "补上：{expected}"),
    ("F05", "{key} 应为{expected}，现为 {found}", "改为要求的内容。"),
    ("F06", "表格图第 {row} 行有 {found} 格，应为 {expected} 格", "每行的格数必须相同，合并处写 > 或 ^。"),
    ("F07", "表格图第 {row} 行第 {column} 格的 {mark} 不能构成矩形合并", "> 并入左格，^ 并入上格，合并区必须是矩形。"),
    ("F08", "字段 {field} 在表格图中出现了 {count} 次", "每个字段只放一处。"),
    ("F09", "字段 {field} 没有放进任何表格图、封面或表旁", "放进一处，或删去该字段。"),
    ("F10", "表格图中的 {field} 没有在字段中定义", "在 [field.{field}] 中定义，或改正写法。"),
    ("F11", "{what}有 {length} 个字符，Excel 至多 {limit} 个", "缩短文字。"),
    ("F12", "分组 {group} 的字段不在同一行：{fields}", "一个分组的字段放在表格图的同一行。"),
    ("F13", "规则编号 {rule} 的写法不对", "用字母加两位数字，如 P07。"),
    ("F14", "{what}重复：{name}", "改用不同的名称。"),
    ("F15", "版本 {found} 的工作簿不能用版本 {expected} 的表样读取", "请使用下发时的表样版本。"),
    ("F30", "改名声明中的 {name} 在第 {version} 版表样中不存在", "按旧版表样（form-v{version}.toml）中的名称填写。"),
    ("F16", "行内规则 {rule} 对字段 {field} 有两条同级公式", "用 AND 合并为一条，或另用一个规则编号。"),
    ("F17", "规则 {rule} 的查询有误：{reason}", "可用的{known}。"),
    # Building and command line.
    ("C01", "找不到文件或文件夹：{path}", "检查路径。"),
    ("C02", "不能写入 {path}：{reason}", "关闭正在打开它的程序，或换一个有写权限的位置。"),
    ("C03", "{option} 的写法不对：{found}", "应写成 {expected}"),
    ("C04", "单位编码 {code} 不是 6 位数字", "3 位主管部门编码加 3 位单位编码，如 657001。"),
    ("C05", "没有可汇总的文件", "给出含有 .xlsx 文件的文件夹。"),
    ("C06", "Excel 拒绝了要写入的内容：{reason}", "这是表样的问题，请把这条信息告诉表样的作者。"),
    ("C07", "不能覆盖 {path}：它是已填写的填报表", "换一个输出文件名，或先移走该文件。"),
    ("C08", "输出文件 {path} 的扩展名不对", "文件名应以 .xlsx 结尾。"),
    ("C10", "缺少 {name}", "运行 {command} -h 查看用法。"),
    ("C11", "没有选项 {name}{near}", "运行 {command} -h 查看用法。"),
    ("C12", "选项 {name} 缺少值，或不能带值", "运行 {command} -h 查看用法。"),
    ("C13", "{name} 的值不对{expected}", "运行 {command} -h 查看用法。"),
    ("C14", "没有命令 {name}{near}", "运行 {command} -h 查看有哪些命令。"),
    ("C15", "用法不对：{reason}", "运行 {command} -h 查看用法。"),
    ("C09", "处理进程中途结束：{reason}", "关闭其他程序、腾出内存后再试；仍不行时加 --jobs 1。"),
    # Returned files: each becomes a finding.
    ("I01", "文件是空的（0 字节）", "请填报人重新发送文件。"),
    ("I02", "不是 Excel 工作簿（.xlsx）：{reason}", "请在 Excel 或 WPS 中另存为 .xlsx 后重新发送。"),
    ("I03", "工作簿已加密，无法读取", "请填报人去掉打开密码后重新发送。"),
    ("I04", "是旧格式（.xls 或 .et）工作簿", "请用下发的 .xlsx 填报，不要另存为其他格式。"),
    ("I05", "工作簿已损坏：{reason}", "请填报人重新保存并发送。"),
    ("I06", "不是本任务下发的工作簿", "请确认文件；应使用财政下发的工作簿填报。"),
    ("I07", "缺少工作表 {sheet}", "不要删除工作表；请用财政下发的工作簿重新填报。"),
    ("I08", "工作表 {sheet} 被改名为 {found}", "无需处理，数据已按原表读取；请勿改名。"),
    ("I09", "单元格 {cell} 在表格范围之外有内容，已忽略", "删除表外内容。"),
    ("I10", "内容过大：{reason}", "请用财政下发的工作簿填报，不要粘贴图片或整列数据。"),
    ("I11", "表样版本为 {form} 第 {version} 版，与本任务不同", "请使用财政本次下发的工作簿。"),
    ("I12", "单元格含有公式，已按其显示值读取", "请改为直接填写数值或文字。"),
    ("I13", "没有单位编码，无法确定是谁报送的", "请在封面填写单位编码和单位名称。"),
    ("I14", "不是一个可读取的文件：{reason}", "请确认路径指向一个已复制完整的文件。"),
    ("I15", "读取时出错：{reason}", "请填报人在 Excel 或 WPS 中打开、另存后重新发送。"),
    ("I16", "表格中插入或删除过行，已按表头重新定位", "无需处理；请勿解除保护后增删行。"),
    ("I17", "单元格 {cell} 的固定内容被改动（应为“{expected}”）", "请用财政下发的工作簿重新填报，不要改动表头和指标名称。"),
    ("I18", "工作表 {sheet} 丢失了{what}，数据仍已读取", "无需处理；请用财政重新下发的工作簿继续填报，不要用其他软件转存。"),
    ("I20", "没有财政下发时的封签，单位按单元格所填认定", "请用财政下发的工作簿填报，或请财政核实后重新下发。"),
    ("I21", "封签无效，单位按单元格所填认定", "请用财政下发的工作簿重新填报，不要改动隐藏的工作表。"),
    ("I22", "封签属于另一任务（{task}）", "请使用财政本次下发的工作簿。"),
    ("I23", "财政预填的{label}被改动，下发时为“{expected}”", "请改回下发时的内容；确有错误的，请与财政联系，由财政重新下发。"),
    ("I24", "{label}与下发时不同，这份工作簿是发给“{expected}”的", "请改回下发时的内容；各单位只能用发给本单位的工作簿填报。"),
    ("I25", "工作表 {sheet} 的校验公式被删除 {count} 处（{what}）", "财政端已重新校验，数据不受影响；请用财政重新下发的工作簿继续填报，不要解除保护。"),
    ("I26", "工作表 {sheet} 的校验公式被改动 {count} 处（{what}）", "财政端已重新校验，数据不受影响；请用财政重新下发的工作簿继续填报，不要解除保护。"),
    ("I27", "单元格 {cell} 的自动计算（{what}）被改写", "财政端按所填内容重新计算，不采用改写的内容；请用财政重新下发的工作簿继续填报。"),
    ("I28", "填报说明被改动 {count} 处，如缺少“{what}”", "请以财政下发的填报说明为准；财政端的校验不受影响。"),
    ("I29", "“{label}”在新版表样中没有位置，未移入：{value}", "如仍需要，请填入相应栏目，或与财政联系。"),
    ("I40", "表样由第 {old} 版升为第 {new} 版，内容已移入", "无需处理；请用这份工作簿继续填报。"),
    ("I19", "多出工作表 {sheet}，其内容没有读取", "请把内容填入原有的工作表；项目表不够时，请财政重新下发。"),
    ("I30", "读取这个文件时进程两次中途结束（{reason}），已跳过", "请填报人在 Excel 或 WPS 中打开、另存后重新发送。"),
    ("I31", "超过 {seconds} 秒没有读完，已跳过", "请确认文件已复制完整、所在磁盘可用；必要时请填报人另存后重新发送。"),
    ("I32", "压缩包不能读取：{reason}", "请先解压，检查其中的文件，再汇总解压后的文件夹。"),
    ("I33", "是 {kind} 压缩包，不能直接读取", "请先解压（或改存为 .zip），再汇总解压后的文件夹。"),
    ("I34", "是以其他格式（.xls、.et 或 .ods）保存的，只读取了填写的内容", "请用财政下发的 .xlsx 填报，不要另存为其他格式：其他格式没有实时校验和保护。"),
    ("I35", "填报格以外有内容，没有读取：{cells}", "属于填报内容的，请填入白色单元格；与填报无关的，请删除。"),
    # Consolidation: why a file is in its state, and what ties.
    ("S01", "由较新的“{file}”取代", "无需处理；确要采用本文件时，由财政指定。"),
    ("S02", "与“{file}”内容完全相同", "无需处理。"),
    ("S03", "财政指定采用“{file}”", "无需处理。"),
    ("S04", "有 {errors} 个错误", "退回填报人改正后重报。"),
    ("S05", "有 {hints} 个提示未说明", "请填报人改正，或在“审核说明”中说明理由。"),
    ("S06", "校验通过", "无需处理。"),
    ("S07", "虽有 {errors} 个错误，财政同意采用：{reason}", "无需处理。"),
    ("S08", "没有读到内容", "请确认文件，必要时请填报人重新发送。"),
    ("S09", "两份文件的单位名称不同（{name}、{other}）", "请核对是否两个单位误用了同一单位编码。"),
    ("S10", "保存时间相同，按文件指纹取“{file}”", "请核对两份文件，确要采用本文件时，由财政指定。"),
    ("S11", "有 {hints} 个提示未说明，本任务不要求说明", "无需处理。"),
    # Store, task, roster.
    ("S20", "不能读写汇总库 {path}：{reason}", "检查磁盘空间和写权限；另有程序正在使用时，稍后再试。"),
    ("S21", "{path} 不是 perfxl 的汇总库", "检查 --store 给出的文件，或换一个新文件名。"),
    ("S22", "汇总库 {path} 是第 {found} 版，本程序至多读到第 {known} 版", "请升级 perfxl 后再用。"),
    ("S23", "汇总库属于任务 {found}，不是 {expected}", "每个任务用一个汇总库，请换一个文件。"),
    ("S24", "跨单位规则 {rule} 的查询有误：{reason}", "这是表样的问题，请把这条信息告诉表样的作者。"),
    ("S25", "已有的汇总表 {path} 无法读取，其中的财政意见会丢失：{reason}", "关闭正在打开它的程序，或换一个输出文件名。"),
    ("S30", "单位名册 {path} 有 {count} 处问题：{faults}", "改正后重新运行；空白名册可由 perfxl roster template 生成。"),
    ("S31", "单位名册 {path} 无法读取：{reason}", "名册可以是 .xlsx 或 .csv；空白名册可由 perfxl roster template 生成。"),
    ("S32", "任务文件 {path} 已经存在", "换一个文件名，或先移走原文件。"),
    ("S33", "没有单位 {unit} 的报送", "检查单位编码；先运行 perfxl consolidate --store。"),
    ("S34", "汇总库中没有单位 {unit} 名为 {name} 的文件", "文件名用 perfxl status 或文件清单中所列的名称。"),
    ("S35", "汇总库 {path} 中还没有汇总过", "先运行 perfxl consolidate --store。"),
    ("S36", "单位名册 {path} 是 {found} 年度的，任务是 {expected} 年度", "请用本年度的名册；可沿用时，改正其中的预算年度。"),
    ("S37", "{sheet} 超过 Excel 的 {limit} 行", "请分几批汇总，如按主管部门。"),
    ("S40", "找不到任务的密钥文件 {path}", "请放回任务文件旁边；它由 perfxl task new 生成，不能重新生成。"),
    ("S41", "{path} 不是任务的密钥文件，或已损坏", "请从备份恢复；密钥文件由 perfxl task new 生成。"),
    ("S42", "密钥文件 {path} 属于任务 {found}，不是 {expected}", "请用与任务文件同时生成的密钥文件；表样、年度、轮次不能再改。"),
    ("S43", "不能读取 {path}：{reason}", "请由生成密钥文件的人运行，或取得读取权限。"),
    ("S44", "密钥文件 {path} 已经存在", "换一个任务文件名；确认不再需要它核对已下发的工作簿后，才可移走。"),
    ("S45", "单位名册 {path} 中没有单位，不能按单位下发", "在名册的“单位”表中列出应报单位。"),
    ("S46", "没有有效封签，单位名册中也没有单位 {unit}，不能重新封签", "给出含有该单位的名册（--roster），或先核实这份文件。"),
    ("S47", "没有要重新下发的文件", "给出文件，或给出有退回文件的汇总库（--store）。"),
    ("S48", "文件不能读取：{reason}", "请填报人重新发送。"),
    ("S50", "下发清单 {path} 有 {count} 处问题：{faults}", "请用 perfxl template --task 写出的清单，不要改动其中的内容。"),
    ("S51", "下发清单 {path} 属于任务 {found}，不是 {expected}", "请用本任务的下发清单。"),
    # Cluster.
    ("S60", "使用集群（--cluster）需要 dask.distributed", "运行 pip install \"perfxl[cluster]\"；各工作机上也要安装。"),
    ("S61", "集群 {address} 无法连接：{reason}", "检查调度器（dask scheduler）是否在运行、地址和端口是否正确；或去掉 --cluster，在本机读取。"),
    ("S62", "集群 {address} 上没有工作进程", "在各工作机上运行 dask worker {address}；或去掉 --cluster，在本机读取。"),
    ("S63", "集群的工作进程 {worker} 不能使用：{reason}", "各工作机须安装与本机相同版本的 perfxl 和表样（PERFXL_FORMS）。"),
    # Publication: templates, documents, import.
    ("W01", "不是可以读取的 Word 文档（.docx）：{reason}", "请在 Word 或 WPS 中另存为 .docx 后再用。"),
    ("W02", "模板标记 {tag} 有误：{reason}（所在段落“{paragraph}”）", "在 Word 中改正该标记；可用的名称见 perfxl publish --fields。"),
    ("W03", "模板标记 {tag} 用了不允许的内容：{reason}（所在段落“{paragraph}”）", "模板只能使用 perfxl publish --fields 列出的名称。"),
    ("W04", "不能用 LibreOffice 转换：{reason}", "安装 LibreOffice，或去掉需要它的选项（--pdf、--pages）。"),
    ("W05", "缺少 {count} 处必填内容，没有生成文本：{first}", "补齐后再公开；去掉 --strict 则标注【未填】并照常生成。"),
    ("W06", "没有可以公开的内容：{reason}", "检查给出的文件夹、汇总库和筛选条件。"),
    ("W07", "表样 {form} 没有 Word 模板（document.docx）", "用 --template 给出模板。"),
    ("W08", "不能识别为绩效文本：{reason}", "给出本系统生成的 .docx，或与之同样次序的纯文本。"),
    ("W09", "两边无法比较：{reason}", "给出两个工作簿、两份文本或两个文件夹，表样须相同。"),
    ("W10", "有 {count} 个文件未计入，没有生成文本：{first}", "先处理这些文件；去掉 --strict 则列出它们并照常生成。"),
    ("W11", "模板的标记没有成对放好，生成的 {part} 不完整：{reason}", "循环和条件的开头与结尾要放在同样的位置：都在段落、都在表格行，或都在同一段文字中。"),
    # Mail.
    ("M01", "没有给出邮件服务器", "设置环境变量 {variable}，或在任务文件的 [mail] 中给出；写法：{expected}"),
    ("M02", "{variable} 的写法不对（内容不予显示）", "应写成 {expected}；口令放在环境变量 {variable}_PASSWORD 或系统钥匙串中。"),
    ("M03", "没有 {user} 的口令", "设置环境变量 {variable}_PASSWORD（或 PERFXL_MAIL_PASSWORD），或存入系统钥匙串的 perfxl 服务。"),
    ("M04", "不能连接邮件服务器 {server}：{reason}", "检查网络、服务器名、端口和加密方式；自建服务器的证书用 SSL_CERT_FILE 指定。"),
    ("M05", "邮件服务器拒绝登录 {server}：{reason}", "检查用户名和口令；QQ、163 等邮箱须先开通服务，并使用授权码代替登录密码。"),
    ("M06", "没有发件人", "在任务文件的 [mail] 中填写 from，或设置环境变量 PERFXL_MAIL_FROM，如 预算绩效股 <name@example.com>"),
    ("M07", "另一个 perfxl 正在用汇总库 {path} 收发邮件", "等它结束后再运行。"),
    ("M08", "邮箱中没有文件夹 {folder}：{reason}", "用 --folder 给出邮箱中的文件夹名。"),
    ("M09", "没有要处理的邮件：{reason}", "检查给出的文件夹。"),
    ("M10", "信件模板 {template} 第 {line} 行有误：{reason}", "改正该模板；可用的名称见自带的模板。"),
    ("M11", "邮件服务器 {server} 出错：{reason}", "稍后再次运行，已收的不会重复。"),
    ("M12", "{path} 与清单不符：{reason}", "重新生成该文件夹，不要改动其中的文件。"),
    # Mail: why a letter does not go out, and what is wrong with a mail that came in.
    ("M20", "名册中没有电子邮箱", "在单位名册中补上后再次运行。"),
    ("M21", "电子邮箱“{address}”不能投递", "在单位名册中改正后再次运行。"),
    ("M22", "没有该单位的工作簿", "先用 perfxl template 或 perfxl reissue 生成。"),
    ("M23", "名册中没有这个单位", "在单位名册中补上后再次运行。"),
    ("M24", "邮件有 {size} MB，没有取回", "请到邮箱中人工处理，或请填报人只发工作簿。"),
    ("M25", "邮件的结构异常，没有拆开：{reason}", "原件已保存，请人工处理。"),
    ("M26", "压缩包没有完全读取：{reason}", "请填报人直接发送 .xlsx 工作簿，不要压缩。"),
    ("M27", "压缩包格式不支持（{kind}）", "请填报人直接发送 .xlsx 工作簿，不要压缩。"),
    ("M28", "与 {date} 收到的文件内容完全相同", "无需处理。"),
    ("M29", "附件过大（{size} MB）", "请用财政下发的工作簿填报，不要粘贴图片。"),
    ("M30", "退回的工作簿早于该单位最近的报送", "重新汇总，并重新运行 perfxl reissue。"),
    ("M31", "发送时中断，不知是否已发出", "请向收件人核实；确需重发时加 --again。"),
    # Excel add-in.
    ("A01", "生成加载项需要 {package}", "运行 pip install perfxl[addin]；安装加载项（perfxl addin install）不需要它。"),
    ("A02", "这台电脑没有 Windows 版 Excel 的启动文件夹", "在 Windows 上运行，或用 --folder 给出文件夹。"),
    ("A03", "不能写入或删除 {path}：{reason}", "先关闭所有 Excel 窗口，再运行一次。"),
    ("A04", "这不是 perfxl 下发的绩效目标工作簿", "先打开单位的工作簿，再运行深度校验。"),
    ("A05", "没有{kind}栏目“{field}”", "写栏目的名称，如 预算数。"),
)


def entry(code: str) -> Entry:
    """Look a code up; an unknown one is a programmer's fault (KeyError)."""
    return CATALOGUE[code]


_REASONS = {
    errno.ENOENT: "文件或文件夹不存在",
    errno.EACCES: "没有权限，或正被其他程序使用",
    errno.EPERM: "没有权限",
    errno.EEXIST: "已有同名的文件",
    errno.ENOTDIR: "路径中有一段是文件，不是文件夹",
    errno.EISDIR: "是文件夹，不是文件",
    errno.ENOSPC: "磁盘已满",
    errno.EDQUOT: "超过磁盘配额",
    errno.EFBIG: "文件过大",
    errno.EROFS: "磁盘只读",
    errno.ENAMETOOLONG: "名称过长",
    errno.EBUSY: "正被其他程序使用",
    errno.ELOOP: "链接互相指向，没有尽头",
    errno.EIO: "磁盘读写出错",
    errno.ENOTEMPTY: "文件夹不是空的",
    errno.EXDEV: "不在同一磁盘",
}


def reason(fault: OSError) -> str:
    """Why the operating system refused, in Chinese; its own words for what is rare."""
    return _REASONS.get(fault.errno or 0) or fault.strerror or str(fault)


class PerfxlError(Exception):
    """A fault in something that the user gave, ready to be shown.

    ``file`` and ``place`` (a key, a sheet and cell, a column) say where;
    ``values`` fill the placeholders of the catalogue entry, all of them.  ``more``
    holds further faults found at the same time.
    """

    def __init__(self, code: str, /, *, file: str = "", place: str = "", **values: object) -> None:
        self.entry = entry(code)
        missing = self.entry.placeholders - values.keys()
        if missing:
            raise TypeError(f"{code} needs values for {sorted(missing)}")
        self.code = code
        self.file = file
        self.place = place
        self.values = values
        self.more: tuple[PerfxlError, ...] = ()
        super().__init__(str(self))

    @classmethod
    def all_of(cls, faults: Sequence[PerfxlError]) -> PerfxlError:
        """The first of several faults, the others in its ``more``."""
        first = faults[0]
        first.more = tuple(faults[1:])
        return first

    @property
    def message(self) -> str:
        """What is wrong, without the place."""
        return self.entry.message.format(**self.values)

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return self.entry.remedy.format(**self.values)

    def within(self, *, file: str = "", place: str = "") -> PerfxlError:
        """The same error seen from further out, where file or key are known."""
        inner = f"{place}：{self.place}" if place and self.place else place or self.place
        return PerfxlError(self.code, file=file or self.file, place=inner, **self.values)

    def __str__(self) -> str:
        where = "：".join(part for part in (self.file, self.place) if part)
        return f"{where + '：' if where else ''}{self.message}。{self.remedy}[{self.code}]"
