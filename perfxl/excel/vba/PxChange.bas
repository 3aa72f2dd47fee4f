Option Explicit

' Changes to entry cells: proposed as a Collection of Array(sheet name, address, new value),
' shown, made together, and taken back in one step. Only unlocked cells are written.
' The last step is kept in columns G to K of the add-in's hidden sheet.
Private Const UNDO_COLUMN As Long = 7
Private Const SHOWN_AT_MOST As Long = 12

Public Function PxPreview(ByVal book As Object, ByVal changes As Collection) As String
    Dim change As Variant
    Dim number As Long
    Dim text As String
    For number = 1 To changes.Count
        If number > SHOWN_AT_MOST Then
            text = text & vbLf & PxText("and_more", CStr(changes.Count))
            Exit For
        End If
        change = changes(number)
        text = text & vbLf & change(0) & "!" & Replace(change(1), "$", "") & "  " & _
               PxShort(book.Worksheets(change(0)).Range(change(1)).Cells(1, 1).Value) & " " & ChrW(8594) & " " & PxShort(change(2))
    Next
    PxPreview = text
End Function

Private Function PxShort(ByVal content As Variant) As String
    Dim text As String
    text = CStr(content)
    If Len(text) > 20 Then text = Left$(text, 20) & "..."
    PxShort = text
End Function

' Make the changes; returns how many cells were written.
Public Function PxApply(ByVal book As Object, ByVal changes As Collection) As Long
    Dim change As Variant
    Dim cell As Object
    Dim row As Long
    Dim number As Long
    Dim store As Object
    On Error GoTo finish
    Application.EnableEvents = False
    PxForgetChanges
    Set store = PxStore()
    row = 1
    For number = 1 To changes.Count
        change = changes(number)
        Set cell = book.Worksheets(change(0)).Range(change(1)).Cells(1, 1)
        If Not cell.Locked Then
            row = row + 1
            PxKeep store.Cells(row, UNDO_COLUMN), book.Name
            PxKeep store.Cells(row, UNDO_COLUMN + 1), change(0)
            PxKeep store.Cells(row, UNDO_COLUMN + 2), change(1)
            PxKeep store.Cells(row, UNDO_COLUMN + 3), cell.Value
            PxKeep store.Cells(row, UNDO_COLUMN + 4), change(2)
            PxPut cell, change(2)
        End If
    Next
    Application.Calculate
    PxApply = row - 1
finish:
    ThisWorkbook.Saved = True
    Application.EnableEvents = True
    If Err.Number <> 0 Then PxTell PxText("failed", Err.Description)
End Function

' One step back: cells that have changed since are left alone.
Public Sub PxRestore()
    Dim book As Object
    Dim store As Object
    Dim cell As Object
    Dim row As Long
    Dim done As Long
    Dim left_alone As Long
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Set store = PxStore()
    row = 2
    If PxKept(store.Cells(row, UNDO_COLUMN)) <> book.Name Then
        PxTell PxText("nothing_to_restore")
        Exit Sub
    End If
    Do While PxKept(store.Cells(row, UNDO_COLUMN)) = book.Name
        Set cell = book.Worksheets(PxKept(store.Cells(row, UNDO_COLUMN + 1))) _
            .Range(PxKept(store.Cells(row, UNDO_COLUMN + 2))).Cells(1, 1)
        If PxSame(cell.Value, PxKept(store.Cells(row, UNDO_COLUMN + 4))) Then
            PxPut cell, PxKept(store.Cells(row, UNDO_COLUMN + 3))
            done = done + 1
        Else
            left_alone = left_alone + 1
        End If
        row = row + 1
    Loop
    PxForgetChanges
    Application.Calculate
    PxTell PxText("restored", CStr(done), CStr(left_alone))
End Sub

Public Sub PxForgetChanges()
    Dim store As Object
    Dim row As Long
    Dim column As Long
    Set store = PxStore()
    row = 2
    Do While Not PxBlank(store.Cells(row, UNDO_COLUMN).Value)
        For column = UNDO_COLUMN To UNDO_COLUMN + 4
            PxClear store.Cells(row, column)
        Next
        row = row + 1
    Loop
    ThisWorkbook.Saved = True
End Sub

' Write an entry cell. A text stays a text, whatever it looks like.
Public Sub PxPut(ByVal cell As Object, ByVal content As Variant)
    If IsEmpty(content) Then
        PxClear cell
    ElseIf VarType(content) <> vbString Then
        cell.Value = content
    ElseIf content = "" Then
        PxClear cell
    ElseIf cell.NumberFormat = "@" Then
        cell.Value = content
    Else
        cell.Value = "'" & content
    End If
End Sub

' Part of a merged cell cannot be cleared alone; Value = Empty does nothing in LibreOffice.
Public Sub PxClear(ByVal cell As Object)
    cell.MergeArea.ClearContents
End Sub

' Keep a value in the hidden sheet: texts with a mark, so that none becomes a formula or a number.
Private Sub PxKeep(ByVal cell As Object, ByVal content As Variant)
    If VarType(content) = vbString Then
        cell.Value = "t" & content
    ElseIf IsEmpty(content) Then
        PxClear cell
    Else
        cell.Value = content
    End If
End Sub

Private Function PxKept(ByVal cell As Object) As Variant
    Dim content As Variant
    content = cell.Value
    If VarType(content) = vbString Then content = Mid$(content, 2)
    PxKept = content
End Function

Private Function PxSame(ByVal one As Variant, ByVal other As Variant) As Boolean
    PxSame = False
    If IsError(one) Or IsError(other) Then Exit Function
    PxSame = (CStr(one) = CStr(other))
End Function
