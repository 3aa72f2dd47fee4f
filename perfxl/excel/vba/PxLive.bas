Option Explicit

' Keeps the status bar true while perfxl workbooks are open; silent in all others.
Private watcher As Object
Private shown As Boolean
Private asked As String

Public Sub PxStart()
    On Error GoTo missing
    Set watcher = New PxEvents
    watcher.Watch
    PxHintsStart
    PxDescribeFunctions
missing:
End Sub

Public Sub PxStop()
    Set watcher = Nothing
    PxHintsStop
    PxClearStatus
End Sub

Public Sub PxOnOpen(ByVal book As Object)
    If Not PxIsBook(book) Then Exit Sub
    If PxVersionNote(book) <> "" Then
        PxTell PxVersionNote(book)
    End If
    PxShowLight book
    PxHintsSoon
End Sub

Public Sub PxOnActivate(ByVal book As Object)
    If PxIsBook(book) Then
        PxShowLight book
    Else
        PxClearStatus
    End If
    PxRefreshRibbon
End Sub

Public Sub PxOnLeave(ByVal book As Object)
    PxClearStatus
End Sub

Public Sub PxOnChange(ByVal sheet As Object)
    If Not PxIsBook(sheet.Parent) Then Exit Sub
    PxShowLight sheet.Parent
    PxHintsSoon
End Sub

' Asks once per workbook and session; the light stays in the status bar anyway.
Public Sub PxOnSave(ByVal book As Object, ByRef Cancel As Boolean)
    If Not PxIsBook(book) Then Exit Sub
    PxShowLight book
    If PxCount(book, "E") = 0 Then Exit Sub
    If InStr(asked, "|" & book.Name & "|") > 0 Then Exit Sub
    asked = asked & "|" & book.Name & "|"
    If Not PxAsk(PxText("save_with_errors", PxLight(book))) Then Cancel = True
End Sub

Public Sub PxShowLight(ByVal book As Object)
    Dim note As String
    note = PxVersionNote(book)
    If note <> "" Then note = "  " & note
    If PxHintsNote(book) <> "" Then note = "  " & PxHintsNote(book) & note
    PxStatus PxText("status_light", PxLight(book)) & note
    shown = True
End Sub

Private Sub PxClearStatus()
    If shown Then Application.StatusBar = False
    shown = False
End Sub
