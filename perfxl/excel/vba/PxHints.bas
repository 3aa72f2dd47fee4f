Option Explicit

' Hints of rules that only the finance office judges, while typing. Where Python is present,
' two seconds after the last change the form's cells go to PX_HINTS through xlwings, and its
' answer joins the light in the status bar. Without Python nothing here runs. If Python
' fails it is not asked again until Excel is started anew; "about" says why.
Private Const WAIT_SECONDS As Long = 2
Private available As Boolean
Private waiting As Boolean
Private due As Date
Private failure As String
Private owner As String
Private said As String

Public Sub PxHintsStart()
    available = (PxPythonPath() <> "")
    failure = ""
End Sub

Public Sub PxHintsStop()
    PxHintsCancel
    available = False
End Sub

' A workbook was opened or changed: ask soon, once for a burst of changes.
Public Sub PxHintsSoon()
    If Not available Then Exit Sub
    PxHintsCancel
    due = Now + TimeSerial(0, 0, WAIT_SECONDS)
    waiting = True
    Application.OnTime due, PxHintsMacro()
End Sub

Public Sub PxHintsNow()
    Dim book As Object
    waiting = False
    Set book = ActiveWorkbook
    If Not available Or Not PxIsBook(book) Then Exit Sub
    On Error GoTo failed
    PxHintsTake book, XLPy.CallUDF("perfxl.excel.functions", "PX_HINTS", Array(PxHintsTable(book)))
    Exit Sub
failed:
    available = False
    failure = Err.Description
End Sub

' What PX_HINTS answered: a row per hint with sheet, cell, rule, severity and message.
Public Sub PxHintsTake(ByVal book As Object, ByVal answer As Variant)
    Dim row As Long
    Dim left_most As Long
    Dim count As Long
    Dim first As Long
    said = ""
    owner = book.Name
    If Not IsArray(answer) Then Exit Sub
    left_most = LBound(answer, 2)
    If UBound(answer, 2) - left_most < 4 Then
        available = False
        failure = CStr(answer(LBound(answer, 1), left_most))
        Exit Sub
    End If
    For row = LBound(answer, 1) To UBound(answer, 1)
        If CStr(answer(row, left_most)) <> "" Then
            count = count + 1
            If count = 1 Then first = row
        End If
    Next
    If count > 0 Then
        said = PxText("hints_live", CStr(count), answer(first, left_most) & "!" & answer(first, left_most + 1), _
                      answer(first, left_most + 4))
    End If
    PxShowLight book
End Sub

' "" or what finance would say of this workbook.
Public Function PxHintsNote(ByVal book As Object) As String
    PxHintsNote = ""
    If said <> "" And owner = book.Name Then PxHintsNote = said
End Function

' "" or why Python is not asked any more.
Public Function PxHintsFailure() As String
    PxHintsFailure = failure
End Function

' The form as one table: the sheet's name, then the cells of a row from column A on. The
' very hidden sheet, which says what form it is, comes first.
Public Function PxHintsTable(ByVal book As Object) As Variant
    Dim pieces As Collection
    Dim names As Collection
    Dim index As Long
    Dim sheet As Object
    Dim rows As Long
    Dim columns As Long
    Dim row As Long
    Dim column As Long
    Dim last As Long
    Dim piece As Variant
    Dim table() As Variant
    Set pieces = New Collection
    Set names = New Collection
    PxHintsAdd pieces, names, book.Worksheets("_perfxl"), 2
    For index = 1 To book.Worksheets.Count
        Set sheet = book.Worksheets(index)
        If PxIsForm(sheet) Then PxHintsAdd pieces, names, sheet, PxFlagColumn(sheet) - 1
    Next
    For index = 1 To pieces.Count
        piece = pieces(index)
        rows = rows + UBound(piece, 1)
        If UBound(piece, 2) > columns Then columns = UBound(piece, 2)
    Next
    ReDim table(1 To rows, 1 To columns + 1)
    For index = 1 To pieces.Count
        piece = pieces(index)
        For row = 1 To UBound(piece, 1)
            table(last + row, 1) = names(index)
            For column = 1 To UBound(piece, 2)
                If Not IsError(piece(row, column)) Then table(last + row, column + 1) = piece(row, column)
            Next
        Next
        last = last + UBound(piece, 1)
    Next
    PxHintsTable = table
End Function

Private Sub PxHintsAdd(ByVal pieces As Collection, ByVal names As Collection, ByVal sheet As Object, _
                       ByVal columns As Long)
    Dim last As Long
    last = sheet.UsedRange.Row + sheet.UsedRange.Rows.Count - 1
    If last < 2 Then last = 2
    pieces.Add sheet.Range(sheet.Cells(1, 1), sheet.Cells(last, columns)).Value
    names.Add sheet.Name
End Sub

Private Sub PxHintsCancel()
    If Not waiting Then Exit Sub
    waiting = False
    On Error Resume Next
    Application.OnTime due, PxHintsMacro(), , False
End Sub

Private Function PxHintsMacro() As String
    PxHintsMacro = "'" & ThisWorkbook.Name & "'!PxHintsNow"
End Function
