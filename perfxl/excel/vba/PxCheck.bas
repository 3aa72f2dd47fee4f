Option Explicit

' The checks themselves are the workbook's formulas; here they are only shown.

Public Sub PxCheckSheet()
    Dim book As Object
    Dim sheet As Object
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Set sheet = ActiveSheet
    If Not PxIsForm(sheet) Then
        PxTell PxText("not_a_form_sheet")
        Exit Sub
    End If
    Application.Calculate
    PxGo book, 1, sheet.Index, 0, 0, True
    PxStatus PxText("status_sheet", sheet.Name, PxRemark(sheet, 1))
End Sub

Public Sub PxCheckAll()
    Dim book As Object
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Application.Calculate
    book.Worksheets(PxText("checks_title")).Activate
    PxStatus PxText("status_light", PxLight(book))
End Sub

Public Sub PxNext()
    PxStep 1
End Sub

Public Sub PxPrevious()
    PxStep -1
End Sub

Private Sub PxStep(ByVal direction As Long)
    Dim book As Object
    Dim cell As Object
    Set book = PxCurrent()
    If book Is Nothing Then Exit Sub
    Application.Calculate
    Set cell = ActiveCell
    PxGo book, direction, ActiveSheet.Index, cell.Row, cell.Column, False
End Sub

' Select the next cell at fault after a place, going round at the end.
Private Sub PxGo(ByVal book As Object, ByVal direction As Long, ByVal at_sheet As Long, _
                 ByVal at_row As Long, ByVal at_column As Long, ByVal stay As Boolean)
    Dim places As Collection
    Dim place As Variant
    Dim here As Double
    Dim rank As Double
    Dim best As Double
    Dim number As Long
    Dim chosen As Long
    Dim first As Long
    Dim sheet As Object
    Set places = PxPlaces(book, IIf(stay, at_sheet, 0))
    If places.Count = 0 Then
        PxStatus PxText("status_light", PxLight(book))
        Exit Sub
    End If
    here = PxRank(at_sheet, at_row, at_column)
    For number = 1 To places.Count
        place = places(number)
        rank = (PxRank(place(0), place(1), place(2)) - here) * direction
        If rank > 0 And (chosen = 0 Or rank < best) Then
            chosen = number
            best = rank
        End If
    Next
    If chosen = 0 Then
        first = 1
        If direction < 0 Then first = places.Count
        chosen = first
    End If
    place = places(chosen)
    Set sheet = book.Worksheets(place(0))
    sheet.Activate
    sheet.Cells(place(1), place(2)).Select
    PxStatus PxText("status_place", CStr(chosen), CStr(places.Count), PxRemark(sheet, place(1)))
End Sub

Private Function PxRank(ByVal sheet As Long, ByVal row As Long, ByVal column As Long) As Double
    PxRank = (CDbl(sheet) * 100000 + row) * 1000 + column
End Function

' Every cell that shows an error or an open hint as Array(sheet index, row, column);
' of one sheet only if its index is given. A merged cell counts once.
Public Function PxPlaces(ByVal book As Object, ByVal only As Long) As Collection
    Dim sheet As Object
    Dim index As Long
    Dim flags As Long
    Dim row As Long
    Dim last As Long
    Dim column As Long
    Dim marks As String
    Dim flag As String
    Dim follows As Boolean
    Dim found As Collection
    Set found = New Collection
    For index = 1 To book.Worksheets.Count
        Set sheet = book.Worksheets(index)
        If (only = 0 Or sheet.Index = only) And PxIsForm(sheet) Then
            flags = PxFlagColumn(sheet)
            last = sheet.UsedRange.Rows.Count
            For row = 2 To last
                marks = CStr(sheet.Cells(row, flags).Value)
                If InStr(marks, "E") > 0 Or InStr(marks, "H") > 0 Then
                    For column = 1 To Len(marks)
                        flag = Mid$(marks, column, 1)
                        If flag = "E" Or flag = "H" Then
                            follows = False
                            If column > 1 Then
                                If Mid$(marks, column - 1, 1) = flag And sheet.Cells(row, column).MergeCells Then
                                    follows = (sheet.Cells(row, column).MergeArea.Column < column)
                                End If
                            End If
                            If Not follows Then found.Add Array(sheet.Index, row, column)
                        End If
                    Next
                End If
            Next
        End If
    Next
    Set PxPlaces = found
End Function

' How many rows of the workbook carry a flag.
Public Function PxCount(ByVal book As Object, ByVal flag As String) As Long
    Dim sheet As Object
    Dim index As Long
    Dim row As Long
    Dim flags As Long
    Dim found As Long
    For index = 1 To book.Worksheets.Count
        Set sheet = book.Worksheets(index)
        If PxIsForm(sheet) Then
            flags = PxFlagColumn(sheet)
            For row = 2 To sheet.UsedRange.Rows.Count
                If InStr(CStr(sheet.Cells(row, flags).Value), flag) > 0 Then found = found + 1
            Next
        End If
    Next
    PxCount = found
End Function
