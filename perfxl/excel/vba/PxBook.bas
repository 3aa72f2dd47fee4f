Option Explicit

' What a perfxl workbook says of itself: by its very hidden sheet and its defined names,
' never by fixed addresses (perfxl/workbook/layout.py).

Public Function PxIsBook(ByVal book As Object) As Boolean
    Dim sheet As Object
    PxIsBook = False
    If book Is Nothing Then Exit Function
    On Error GoTo other
    Set sheet = book.Worksheets("_perfxl")
    PxIsBook = (CStr(sheet.Cells(1, 1).Value) = "perfxl" And CStr(sheet.Cells(1, 2).Value) = "unit-workbook")
other:
End Function

' The active workbook; Nothing, and a message, if it is not one of ours.
Public Function PxCurrent() As Object
    Set PxCurrent = Nothing
    If PxIsBook(ActiveWorkbook) Then
        Set PxCurrent = ActiveWorkbook
    Else
        PxTell PxText("not_ours")
    End If
End Function

' A line of the very hidden sheet, "" if missing.
Public Function PxMeta(ByVal book As Object, ByVal key As String) As String
    Dim sheet As Object
    Dim row As Long
    PxMeta = ""
    Set sheet = book.Worksheets("_perfxl")
    row = 1
    Do While CStr(sheet.Cells(row, 1).Value) <> ""
        If CStr(sheet.Cells(row, 1).Value) = key Then PxMeta = CStr(sheet.Cells(row, 2).Value)
        row = row + 1
    Loop
End Function

' "" or a sentence: the workbook comes from another version than the add-in.
Public Function PxVersionNote(ByVal book As Object) As String
    Dim theirs As String
    theirs = PxMeta(book, "program")
    PxVersionNote = ""
    If theirs = "" Then Exit Function
    If PxRelease(theirs) <> PxRelease(PxText("version")) Then
        PxVersionNote = PxText("other_version", theirs, PxText("version"))
    End If
End Function

' "0.1" of "0.1.7".
Private Function PxRelease(ByVal version As String) As String
    Dim parts As Variant
    parts = Split(version & "..", ".")
    PxRelease = parts(0) & "." & parts(1)
End Function

' The range of a sheet's own name; Nothing if there is none. (Worksheet.Range with such a
' name fails in LibreOffice.)
Public Function PxRange(ByVal sheet As Object, ByVal title As String) As Object
    Dim place As String
    Dim mark As Long
    Dim owner As String
    Set PxRange = Nothing
    On Error GoTo missing
    place = Mid$(sheet.Names.Item(title).RefersTo, 2)
    mark = InStrRev(place, "!")
    owner = Replace(Replace(Left$(place, mark - 1), "'", ""), "$", "")
    Set PxRange = sheet.Parent.Worksheets(owner).Range(Mid$(place, mark + 1))
missing:
End Function

' The names of a sheet that begin like this, without the sheet's title.
Public Function PxNames(ByVal sheet As Object, ByVal start As String) As Collection
    Dim each_name As Object
    Dim title As String
    Dim found As Collection
    Set found = New Collection
    For Each each_name In sheet.Names
        title = each_name.Name
        title = Mid$(title, InStrRev(title, "!") + 1)
        If Left$(title, Len(start)) = start Then found.Add title
    Next
    Set PxNames = found
End Function

' Cell with the sheet's identity; Nothing on sheets that hold no part of the form.
Public Function PxIdentity(ByVal sheet As Object) As Object
    Set PxIdentity = PxRange(sheet, "px_id")
End Function

Public Function PxIsForm(ByVal sheet As Object) As Boolean
    PxIsForm = Not (PxIdentity(sheet) Is Nothing)
End Function

' The form's id of a sheet: "project".
Public Function PxKind(ByVal sheet As Object) As String
    Dim parts As Variant
    PxKind = ""
    If Not PxIsForm(sheet) Then Exit Function
    parts = Split(CStr(PxIdentity(sheet).Value), "|")
    If UBound(parts) = 2 Then PxKind = parts(1)
End Function

' The hidden column of flags; remark and explanation stand left of it.
Public Function PxFlagColumn(ByVal sheet As Object) As Long
    PxFlagColumn = PxIdentity(sheet).Column
End Function

Public Function PxRemark(ByVal sheet As Object, ByVal row As Long) As String
    PxRemark = CStr(sheet.Cells(row, PxFlagColumn(sheet) - 2).Value)
End Function

' The light of the whole workbook.
Public Function PxLight(ByVal book As Object) As String
    Dim sheet As Object
    Dim cell As Object
    PxLight = ""
    Set sheet = book.Worksheets(1)
    Set cell = PxRange(sheet, "px_light")
    If Not cell Is Nothing Then PxLight = CStr(cell.Value)
End Function

' The entry cells of a sheet by name: fields (f_) and columns of groups (c_) that are not locked.
Public Function PxEntries(ByVal sheet As Object) As Collection
    Dim start As Variant
    Dim title As Variant
    Dim found As Collection
    Set found = New Collection
    For Each start In Array("f_", "c_")
        For Each title In PxNames(sheet, CStr(start))
            If Not PxRange(sheet, CStr(title)).Cells(1, 1).Locked Then found.Add CStr(title)
        Next
    Next
    Set PxEntries = found
End Function

' Nothing but blanks (DEFINITIONS, "Blank").
Public Function PxBlank(ByVal content As Variant) As Boolean
    Dim text As String
    PxBlank = False
    If IsError(content) Then Exit Function
    text = CStr(content)
    text = Replace(Replace(Replace(text, " ", ""), ChrW(160), ""), ChrW(12288), "")
    text = Replace(Replace(Replace(text, vbTab, ""), vbCr, ""), vbLf, "")
    PxBlank = (text = "")
End Function

Public Function PxSheetBlank(ByVal sheet As Object) As Boolean
    Dim title As Variant
    Dim cells_of As Object
    Dim row As Long
    PxSheetBlank = True
    For Each title In PxEntries(sheet)
        Set cells_of = PxRange(sheet, CStr(title))
        For row = 1 To cells_of.Rows.Count
            If Not PxBlank(cells_of.Cells(row, 1).Value) Then
                PxSheetBlank = False
                Exit Function
            End If
        Next
    Next
End Function

' The sheets of one kind, in order. (By index: in LibreOffice, a sheet that For Each gives
' does not know its workbook.)
Public Function PxSheets(ByVal book As Object, ByVal kind As String) As Collection
    Dim sheet As Object
    Dim index As Long
    Dim found As Collection
    Set found = New Collection
    For index = 1 To book.Worksheets.Count
        Set sheet = book.Worksheets(index)
        If PxKind(sheet) = kind Then found.Add sheet
    Next
    Set PxSheets = found
End Function
