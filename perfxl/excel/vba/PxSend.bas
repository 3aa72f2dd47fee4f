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

' The unit's code and name, then the cover's title: what the first two entries of the cover say.
Public Function PxOfficialName(ByVal book As Object) As String
    Dim cover As Object
    Dim text As String
    Dim title As Variant
    Dim count As Long
    Dim row As Long
    Dim cell As Object
    Dim bad As Variant
    Set cover = book.Worksheets(1)
    For row = 1 To cover.UsedRange.Rows.Count
        For Each title In PxEntries(cover)
            Set cell = PxRange(cover, CStr(title)).Cells(1, 1)
            If cell.Row = row And count < 2 Then
                text = text & CStr(cell.Value)
                count = count + 1
            End If
        Next
    Next
    text = text & "_" & CStr(cover.Cells(1, 1).Value)
    For Each bad In Array("\", "/", ":", "*", "?", """", "<", ">", "|", vbTab, vbCr, vbLf)
        text = Replace(text, bad, "")
    Next
    PxOfficialName = text & ".xlsx"
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
    PxTell text
End Sub
