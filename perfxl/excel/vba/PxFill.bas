Option Explicit

' Filling in: the spelling of target values, last year's values, copies of projects, blank rows.

' How many of last year's values have no row here.
Private roomless As Long

' The normal form is the workbook's own calculation (names n_ and k_): no spelling rule stands here.
Public Sub PxNormalise()
    Dim book As Object
    Dim sheet As Object
    Dim index As Long
    Dim changes As Collection
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Application.Calculate
    Set changes = New Collection
    For index = 1 To book.Worksheets.Count
        Set sheet = book.Worksheets(index)
        If PxIsForm(sheet) Then PxNormaliseSheet sheet, changes
    Next
    If changes.Count = 0 Then
        PxTell PxText("all_normal")
    ElseIf PxAsk(PxText("normalise", CStr(changes.Count)) & PxPreview(book, changes)) Then
        PxStatus PxText("changed", CStr(PxApply(book, changes)))
    End If
End Sub

Private Sub PxNormaliseSheet(ByVal sheet As Object, ByVal changes As Collection)
    Dim title As Variant
    Dim field As String
    Dim source As Object
    Dim normal As Object
    Dim kind As Object
    Dim row As Long
    For Each title In PxNames(sheet, "n_")
        field = Mid$(CStr(title), 3)
        Set source = PxRange(sheet, "c_" & field)
        If source Is Nothing Then Set source = PxRange(sheet, "f_" & field)
        Set normal = PxRange(sheet, CStr(title))
        Set kind = PxRange(sheet, "k_" & field)
        For row = 1 To source.Rows.Count
            If VarType(source.Cells(row, 1).Value) = vbString And Not source.Cells(row, 1).Locked Then
                If CStr(kind.Cells(row, 1).Value) = "number" Then
                    If CStr(normal.Cells(row, 1).Value) <> source.Cells(row, 1).Value Then
                        changes.Add Array(sheet.Name, source.Cells(row, 1).Address, CStr(normal.Cells(row, 1).Value))
                    End If
                End If
            End If
        Next
    Next
End Sub

' The active project into the next blank sheet of its kind.
Public Sub PxCopyProject()
    Dim book As Object
    Dim source As Object
    Dim target As Object
    Dim changes As Collection
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Set source = ActiveSheet
    If PxKind(source) = "" Or PxSheets(book, PxKind(source)).Count < 2 Then
        PxTell PxText("not_a_project")
        Exit Sub
    End If
    If PxSheetBlank(source) Then
        PxTell PxText("project_is_blank", source.Name)
        Exit Sub
    End If
    Set target = PxNextBlank(book, PxKind(source), "")
    If target Is Nothing Then
        PxTell PxText("no_blank_sheet")
        Exit Sub
    End If
    Set changes = New Collection
    PxCollect source, target, changes
    PxApply book, changes
    target.Activate
    PxFirstEntry(target).Select
    PxStatus PxText("copied", source.Name, target.Name)
End Sub

' Last year's values: fields by name into blank cells; projects, in order, into blank sheets.
' A project whose first entry (the code) is in this workbook already is left out.
Public Sub PxCarryFrom(ByVal path As String)
    Dim book As Object
    Dim old As Object
    Dim sheet As Object
    Dim index As Long
    Dim target As Object
    Dim targets As Collection
    Dim changes As Collection
    Dim used As String
    Dim lost As Long
    Dim present As Long
    Dim already_open As Long
    Dim left_out As String
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    If PxFileName(path) = book.Name Then
        PxTell PxText("same_name", book.Name)
        Exit Sub
    End If
    already_open = Workbooks.Count
    On Error GoTo failed
    Set old = Workbooks.Open(path)
    On Error GoTo 0
    already_open = already_open - Workbooks.Count + 1
    book.Activate
    If Not PxIsBook(old) Then
        If already_open = 0 Then old.Close False
        PxTell PxText("not_ours")
        Exit Sub
    End If
    Set changes = New Collection
    roomless = 0
    For index = 1 To old.Worksheets.Count
        Set sheet = old.Worksheets(index)
        If PxKind(sheet) <> "" Then
            If PxSheets(old, PxKind(sheet)).Count < 2 Then
                Set targets = PxSheets(book, PxKind(sheet))
                If targets.Count = 1 Then PxCollect sheet, targets.Item(1), changes
            ElseIf Not PxSheetBlank(sheet) Then
                If PxHasFirst(book, sheet) Then
                    present = present + 1
                Else
                    Set target = PxNextBlank(book, PxKind(sheet), used)
                    If target Is Nothing Then
                        lost = lost + 1
                    Else
                        used = used & "|" & target.Name & "|"
                        PxCollect sheet, target, changes
                    End If
                End If
            End If
        End If
    Next
    If already_open = 0 Then old.Close False
    book.Activate
    If roomless > 0 Then left_out = vbLf & PxText("no_room", CStr(roomless))
    If changes.Count = 0 Then
        PxTell PxText("nothing_to_carry", CStr(present), CStr(lost)) & left_out
    ElseIf PxAsk(PxText("carry", CStr(changes.Count), CStr(present), CStr(lost)) & left_out & PxPreview(book, changes)) Then
        PxStatus PxText("changed", CStr(PxApply(book, changes)))
    End If
    Exit Sub
failed:
    PxTell PxText("failed", Err.Description)
End Sub

Private Function PxFileName(ByVal path As String) As String
    PxFileName = Mid$(path, InStrRev(Replace(path, "\", "/"), "/") + 1)
End Function

Public Sub PxCarry()
    Dim path As Variant
    If PxCurrent() Is Nothing Then Exit Sub
    path = Application.GetOpenFilename(PxText("file_filter"), 1, PxText("choose_last_year"))
    If VarType(path) = vbString Then PxCarryFrom CStr(path)
End Sub

' Propose the values of one sheet for the blank entry cells of another of the same kind.
Private Sub PxCollect(ByVal source As Object, ByVal target As Object, ByVal changes As Collection)
    Dim title As Variant
    Dim into As Object
    For Each title In PxEntries(target)
        If Not PxRange(source, CStr(title)) Is Nothing Then
            Set into = PxRange(target, CStr(title))
            If Left$(CStr(title), 2) = "f_" Then
                PxPropose PxRange(source, CStr(title)).Cells(1, 1), into.Cells(1, 1), changes
            Else
                PxCollectRows source, target, CStr(title), changes
            End If
        End If
    Next
End Sub

' Group rows go block by block (names g_), slot by slot.
Private Sub PxCollectRows(ByVal source As Object, ByVal target As Object, ByVal title As String, ByVal changes As Collection)
    Dim block As Variant
    Dim from_rows As Object
    Dim to_rows As Object
    Dim into As Object
    Dim origin As Object
    Dim slot As Long
    Set into = PxRange(target, title)
    Set origin = PxRange(source, title)
    For Each block In PxNames(target, "g_")
        Set to_rows = PxRange(target, CStr(block))
        Set from_rows = PxRange(source, CStr(block))
        If Not from_rows Is Nothing And to_rows.Row >= into.Row And to_rows.Row < into.Row + into.Rows.Count Then
            For slot = 0 To from_rows.Rows.Count - 1
                If slot < to_rows.Rows.Count Then
                    PxPropose source.Cells(from_rows.Row + slot, origin.Column), _
                              target.Cells(to_rows.Row + slot, into.Column), changes
                Else
                    PxCountRoomless source.Cells(from_rows.Row + slot, origin.Column)
                End If
            Next
        End If
    Next
End Sub

' A value for which this workbook has no row.
Private Sub PxCountRoomless(ByVal source As Object)
    If IsError(source.Value) Then Exit Sub
    If Not PxBlank(source.Value) Then roomless = roomless + 1
End Sub

Private Sub PxPropose(ByVal source As Object, ByVal target As Object, ByVal changes As Collection)
    If IsError(source.Value) Then Exit Sub
    If PxBlank(source.Value) Or Not PxBlank(target.Value) Or target.Locked Then Exit Sub
    changes.Add Array(target.Worksheet.Name, target.Address, source.Value)
End Sub

Private Function PxNextBlank(ByVal book As Object, ByVal kind As String, ByVal used As String) As Object
    Dim sheet As Variant
    Set PxNextBlank = Nothing
    For Each sheet In PxSheets(book, kind)
        If InStr(used, "|" & sheet.Name & "|") = 0 Then
            If PxSheetBlank(sheet) Then
                Set PxNextBlank = sheet
                Exit Function
            End If
        End If
    Next
End Function

' The entry cell nearest to the top left: what tells one project from another.
Public Function PxFirstEntry(ByVal sheet As Object) As Object
    Dim title As Variant
    Dim cell As Object
    Dim best As Long
    Set PxFirstEntry = Nothing
    For Each title In PxEntries(sheet)
        Set cell = PxRange(sheet, CStr(title)).Cells(1, 1)
        If best = 0 Or cell.Row * 1000 + cell.Column < best Then
            best = cell.Row * 1000 + cell.Column
            Set PxFirstEntry = cell
        End If
    Next
End Function

Private Function PxHasFirst(ByVal book As Object, ByVal source As Object) As Boolean
    Dim sheet As Variant
    Dim wanted As String
    PxHasFirst = False
    wanted = CStr(PxFirstEntry(source).Value)
    If wanted = "" Then Exit Function
    For Each sheet In PxSheets(book, PxKind(source))
        If CStr(PxFirstEntry(sheet).Value) = wanted Then PxHasFirst = True
    Next
End Function

' Hide the blank slots of the active sheet, or show all rows if some are hidden.
Public Sub PxToggleRows()
    Dim book As Object
    Dim sheet As Object
    Dim block As Variant
    Dim rows_of As Object
    Dim slot As Long
    Dim hide As Boolean
    Dim count As Long
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Set sheet = ActiveSheet
    If Not PxIsForm(sheet) Then
        PxTell PxText("not_a_form_sheet")
        Exit Sub
    End If
    hide = True
    For Each block In PxNames(sheet, "g_")
        Set rows_of = PxRange(sheet, CStr(block))
        For slot = 1 To rows_of.Rows.Count - 1
            If sheet.Rows(rows_of.Row + slot).Hidden Then hide = False
        Next
    Next
    For Each block In PxNames(sheet, "g_")
        Set rows_of = PxRange(sheet, CStr(block))
        count = count + PxHideBlock(sheet, rows_of, hide)
    Next
    PxStatus PxText(IIf(hide, "rows_hidden", "rows_shown"), CStr(count))
End Sub

' A wholly blank block keeps its first slot, as the writer does.
Private Function PxHideBlock(ByVal sheet As Object, ByVal rows_of As Object, ByVal hide As Boolean) As Long
    Dim slot As Long
    Dim row As Long
    Dim kept As Boolean
    Dim blank As Boolean
    Dim changed As Long
    For slot = rows_of.Rows.Count - 1 To 0 Step -1
        row = rows_of.Row + slot
        blank = PxRowBlank(sheet, row)
        If Not blank Then kept = True
        If blank And (slot > 0 Or kept) And sheet.Rows(row).Hidden <> hide Then
            sheet.Rows(row).Hidden = hide
            changed = changed + 1
        End If
    Next
    PxHideBlock = changed
End Function

Private Function PxRowBlank(ByVal sheet As Object, ByVal row As Long) As Boolean
    Dim title As Variant
    Dim column As Object
    PxRowBlank = True
    For Each title In PxNames(sheet, "c_")
        Set column = PxRange(sheet, CStr(title))
        If row >= column.Row And row < column.Row + column.Rows.Count Then
            If Not PxBlank(sheet.Cells(row, column.Column).Value) Then PxRowBlank = False
        End If
    Next
End Function
