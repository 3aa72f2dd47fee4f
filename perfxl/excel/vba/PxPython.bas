Option Explicit

' What needs Python and xlwings on this computer (Windows). "perfxl addin install" writes the
' path of python.exe into %APPDATA%\perfxl\python.txt; without that file nothing here runs.
' XLPy is what xlwings' wrappers in PxFunctions call (xlwings.bas, BSD 3-clause, cut down).
#If Win64 Then
    Private Const LIBRARY As String = "xlwings64-0.37.8.dll"
    Private Declare PtrSafe Function XLPyDLLActivateAuto Lib "xlwings64-0.37.8.dll" _
        (ByRef Result As Variant, Optional ByVal Config As String = "", Optional ByVal mode As Long = 1) As Long
#Else
    Private Const LIBRARY As String = "xlwings32-0.37.8.dll"
    Private Declare PtrSafe Function XLPyDLLActivateAuto Lib "xlwings32-0.37.8.dll" _
        (ByRef Result As Variant, Optional ByVal Config As String = "", Optional ByVal mode As Long = 1) As Long
#End If
Private Declare PtrSafe Function LoadLibrary Lib "KERNEL32" Alias "LoadLibraryA" (ByVal lpLibFileName As String) As LongPtr

' The path of python.exe, "" where there is none.
Public Function PxPythonPath() As String
    Dim path As String
    Dim number As Integer
    PxPythonPath = ""
    On Error GoTo missing
    number = FreeFile
    Open Environ("APPDATA") & "\perfxl\python.txt" For Input As #number
    Line Input #number, path
    Close #number
    If path <> "" And Dir(path) <> "" Then PxPythonPath = path
missing:
End Function

Public Function XLPy() As Variant
    Dim python As String
    Dim command As String
    Dim server As Variant
    python = PxPythonPath()
    If python = "" Then Err.Raise 1000, Description:=PxText("no_python")
    If LoadLibrary(Left$(python, InStrRev(python, "\")) & LIBRARY) = 0 Then
        If LoadLibrary(Left$(python, InStrRev(python, "\", InStrRev(python, "\") - 1)) & LIBRARY) = 0 Then
            Err.Raise 1000, Description:=PxText("no_xlwings", LIBRARY)
        End If
    End If
    command = "cmd.exe /K """"" & python & """ -B -c ""import xlwings; xlwings.serve('$(CLSID)')"""""
    If XLPyDLLActivateAuto(server, command, 1) <> 0 Then Err.Raise 1000, Description:=CStr(server)
    Set XLPy = server
End Function

' Chinese help in the function wizard.
Public Sub PxDescribeFunctions()
    Dim title As Variant
    Dim parts As Variant
    Dim arguments() As String
    Dim number As Long
    If PxPythonPath() = "" Then Exit Sub
    On Error Resume Next
    For Each title In Array("PX_CHECK", "PX_CODE_OK", "PX_HINTS", "PX_PROJECT", "PX_SIMILAR", "PX_TARGET", "PX_TOTAL")
        parts = Split(PxText("help_" & title), "|")
        ReDim arguments(0 To UBound(parts) - 1)
        For number = 1 To UBound(parts)
            arguments(number - 1) = parts(number)
        Next
        Application.MacroOptions Macro:="'" & ThisWorkbook.Name & "'!" & title, Description:=parts(0), _
            Category:=PxText("title"), ArgumentDescriptions:=arguments
    Next
End Sub

' The batch-only rules on the open workbook; the result is a new workbook.
Public Sub PxDeepCheck()
    If PxCurrent() Is Nothing Then Exit Sub
    PxRunScript "deep"
End Sub

Public Sub PxConsolidate()
    Dim folder As String
    If PxPythonPath() = "" Then
        PxTell PxText("no_python")
        Exit Sub
    End If
    With Application.FileDialog(4)
        .Title = PxText("choose_folder")
        If .Show <> -1 Then Exit Sub
        folder = .SelectedItems(1)
    End With
    PxRunScript "consolidate """ & folder & """"
End Sub

Private Sub PxRunScript(ByVal arguments As String)
    Dim python As String
    python = PxPythonPath()
    If python = "" Then
        PxTell PxText("no_python")
        Exit Sub
    End If
    CreateObject("WScript.Shell").Run """" & python & """ -m perfxl.excel.scripts " & arguments, 0, False
    PxStatus PxText("script_runs")
End Sub
