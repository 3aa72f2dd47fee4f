Option Explicit

' All that people read. The words stand in column A and B of the add-in's hidden sheet,
' since VBA sources hold ASCII only; {0}, {1} and {2} are filled in. Columns D and E hold
' states. Unattended (state "unattended" is not empty), messages and status are kept there
' and not shown, and questions get the answer in state "answer". Otherwise nothing is
' written: in Excel, any cell that a macro writes would empty the clerk's undo list.
Private Const TEXT_COLUMN As Long = 1
Private Const STATE_COLUMN As Long = 4
Private Const LAST_ROW As Long = 99

Public Function PxStore() As Object
    Set PxStore = ThisWorkbook.Worksheets("px")
End Function

' (Variants: LibreOffice does not fill in the default of a missing String.)
Public Function PxText(ByVal key As String, Optional ByVal first As Variant, _
                       Optional ByVal second As Variant, Optional ByVal third As Variant) As String
    Dim found As String
    found = PxLookUp(TEXT_COLUMN, key)
    If Not IsMissing(first) Then found = Replace(found, "{0}", CStr(first))
    If Not IsMissing(second) Then found = Replace(found, "{1}", CStr(second))
    If Not IsMissing(third) Then found = Replace(found, "{2}", CStr(third))
    PxText = found
End Function

Public Function PxState(ByVal key As String) As String
    PxState = PxLookUp(STATE_COLUMN, key)
End Function

Public Sub PxSetState(ByVal key As String, ByVal text As String)
    Dim row As Long
    row = PxRowOf(STATE_COLUMN, key)
    PxStore.Cells(row, STATE_COLUMN).Value = key
    If text = "" Then
        PxClear PxStore.Cells(row, STATE_COLUMN + 1)
    Else
        PxStore.Cells(row, STATE_COLUMN + 1).Value = "'" & text
    End If
    ThisWorkbook.Saved = True
End Sub

Public Sub PxTell(ByVal text As String)
    If PxUnattended() Then
        PxSetState "message", text
    Else
        MsgBox text, vbInformation, PxText("title")
    End If
End Sub

Public Function PxAsk(ByVal text As String) As Boolean
    If PxUnattended() Then
        PxSetState "message", text
        PxAsk = (PxState("answer") = "yes")
    Else
        PxAsk = (MsgBox(text, vbYesNo + vbQuestion, PxText("title")) = vbYes)
    End If
End Function

Public Sub PxStatus(ByVal text As String)
    If PxUnattended() Then PxSetState "status", text
    Application.StatusBar = text
End Sub

Public Function PxUnattended() As Boolean
    PxUnattended = (PxState("unattended") <> "")
End Function

Private Function PxLookUp(ByVal column As Long, ByVal key As String) As String
    PxLookUp = CStr(PxStore.Cells(PxRowOf(column, key), column + 1).Value)
End Function

' The row of a key, or the first free one. (One reading for all keys: events come with every entry.)
Private Function PxRowOf(ByVal column As Long, ByVal key As String) As Long
    Dim store As Object
    Dim keys As Variant
    Dim row As Long
    Set store = PxStore()
    keys = store.Range(store.Cells(1, column), store.Cells(LAST_ROW, column)).Value
    For row = 2 To LAST_ROW
        If IsEmpty(keys(row, 1)) Then Exit For
        If keys(row, 1) = key Or keys(row, 1) = "" Then Exit For
    Next
    PxRowOf = row
End Function
