Option Explicit

' Callbacks of the ribbon (customUI.xml): each one line over a macro that runs without it.
Private ribbon As IRibbonUI

Public Sub PxRibbonLoad(ui As IRibbonUI)
    Set ribbon = ui
End Sub

Public Sub PxRefreshRibbon()
    If Not ribbon Is Nothing Then ribbon.Invalidate
End Sub

Public Sub PxGetEnabled(control As IRibbonControl, ByRef returnedVal)
    returnedVal = PxIsBook(ActiveWorkbook)
End Sub

Public Sub PxClickCheckSheet(control As IRibbonControl)
    PxCheckSheet
End Sub

Public Sub PxClickCheckAll(control As IRibbonControl)
    PxCheckAll
End Sub

Public Sub PxClickPrevious(control As IRibbonControl)
    PxPrevious
End Sub

Public Sub PxClickNext(control As IRibbonControl)
    PxNext
End Sub

Public Sub PxClickNormalise(control As IRibbonControl)
    PxNormalise
End Sub

Public Sub PxClickRestore(control As IRibbonControl)
    PxRestore
End Sub

Public Sub PxClickCarry(control As IRibbonControl)
    PxCarry
End Sub

Public Sub PxClickCopyProject(control As IRibbonControl)
    PxCopyProject
End Sub

Public Sub PxClickToggleRows(control As IRibbonControl)
    PxToggleRows
End Sub

Public Sub PxClickExport(control As IRibbonControl)
    PxExport
End Sub

Public Sub PxClickPreview(control As IRibbonControl)
    PxPreviewPrint
End Sub

Public Sub PxGetPython(control As IRibbonControl, ByRef returnedVal)
    returnedVal = (PxPythonPath() <> "")
End Sub

Public Sub PxClickDeepCheck(control As IRibbonControl)
    PxDeepCheck
End Sub

Public Sub PxClickConsolidate(control As IRibbonControl)
    PxConsolidate
End Sub

Public Sub PxClickAbout(control As IRibbonControl)
    PxAbout
End Sub
