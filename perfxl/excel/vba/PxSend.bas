Option Explicit

' Saving the file to be mailed, under its official name and without macros.

Public Sub PxExport()
    Dim book As Object
    Dim folder As String
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    folder = book.Path
    If folder = "" Then
        PxTell PxText("save_first")
        Exit Sub
    End If
    PxExportTo folder & IIf(InStr(folder, "\") > 0, "\", "/") & PxOfficialName(book)
End Sub

' Errors refuse; open hints ask. A workbook in a format with macros is refused.
Public Sub PxExportTo(ByVal path As String)
    Dim book As Object
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Application.Calculate
    If PxCount(book, "E") > 0 Then
        PxTell PxText("errors_remain", PxLight(book))
        PxNext
        Exit Sub
    End If
    If LCase$(Right$(book.Name, 5)) <> ".xlsx" Then
        PxTell PxText("not_xlsx", book.Name)
        Exit Sub
    End If
    If PxCount(book, "H") > 0 Then
        If Not PxAsk(PxText("hints_remain", PxLight(book))) Then Exit Sub
    End If
    On Error GoTo failed
    book.SaveAs path
    PxTell PxText("exported", path)
    Exit Sub
failed:
    PxTell PxText("not_saved", path, Err.Description)
End Sub

' The unit's code and name and the year, as finance names the workbooks that it hands out
' (perfxl/post/names.py; a test compares).
Public Function PxOfficialName(ByVal book As Object) As String
    Dim text As String
    Dim title As Variant
    Dim cell As Object
    For Each title In Split(PxMeta(book, "unit_fields"), " ")
        Set cell = PxRange(book.Worksheets(1), "f_" & title)
        If Not cell Is Nothing Then text = PxJoined(text, PxFilePart(CStr(cell.Cells(1, 1).Value)))
    Next
    PxOfficialName = PxJoined(text, PxMeta(book, "year")) & ".xlsx"
End Function

Private Function PxJoined(ByVal text As String, ByVal more As String) As String
    PxJoined = text & IIf(text <> "" And more <> "", "_", "") & more
End Function

' A text without blanks and without what Windows forbids in file names.
Private Function PxFilePart(ByVal text As String) As String
    Dim bad As Variant
    For Each bad In Array(" ", ChrW(160), ChrW(12288), vbTab, vbCr, vbLf)
        text = Replace(text, bad, "")
    Next
    For Each bad In Array("\", "/", ":", "*", "?", """", "<", ">", "|")
        text = Replace(text, bad, "_")
    Next
    PxFilePart = Left$(text, 60)
End Function

Public Sub PxPreviewPrint()
    If PxCurrent() Is Nothing Then Exit Sub
    ActiveSheet.PrintPreview
End Sub

Public Sub PxAbout()
    Dim text As String
    text = PxText("about", PxText("version"))
    If PxIsBook(ActiveWorkbook) Then
        text = text & vbLf & PxText("about_form", PxMeta(ActiveWorkbook, "form"), PxMeta(ActiveWorkbook, "version"), _
                                   PxLight(ActiveWorkbook))
        If PxVersionNote(ActiveWorkbook) <> "" Then text = text & vbLf & PxVersionNote(ActiveWorkbook)
    End If
    If PxHintsFailure() <> "" Then text = text & vbLf & PxText("hints_failed", PxHintsFailure())
    PxTell text
End Sub
