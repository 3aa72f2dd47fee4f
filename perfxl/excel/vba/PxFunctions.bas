Option Explicit
#Const App = "Microsoft Excel"

' As xlwings' own generator writes them for perfxl/excel/functions.py (tests compare);
' ready made, so that nobody has to trust access to the VBA object model.
Function PX_CHECK(table, Optional form)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_CHECK = XLPy.CallUDF("perfxl.excel.functions", "PX_CHECK", Array(table, form), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_CHECK = XLPy.CallUDF("perfxl.excel.functions", "PX_CHECK", Array(table, form))
        Exit Function
    #End If
failed:
    PX_CHECK = Err.Description
End Function

Function PX_CODE_OK(codes, Optional form)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_CODE_OK = XLPy.CallUDF("perfxl.excel.functions", "PX_CODE_OK", Array(codes, form), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_CODE_OK = XLPy.CallUDF("perfxl.excel.functions", "PX_CODE_OK", Array(codes, form))
        Exit Function
    #End If
failed:
    PX_CODE_OK = Err.Description
End Function

Function PX_HINTS(cells)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_HINTS = XLPy.CallUDF("perfxl.excel.functions", "PX_HINTS", Array(cells), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_HINTS = XLPy.CallUDF("perfxl.excel.functions", "PX_HINTS", Array(cells))
        Exit Function
    #End If
failed:
    PX_HINTS = Err.Description
End Function

Function PX_PROJECT(store, code, field)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_PROJECT = XLPy.CallUDF("perfxl.excel.functions", "PX_PROJECT", Array(store, code, field), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_PROJECT = XLPy.CallUDF("perfxl.excel.functions", "PX_PROJECT", Array(store, code, field))
        Exit Function
    #End If
failed:
    PX_PROJECT = Err.Description
End Function

Function PX_SIMILAR(first, second)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_SIMILAR = XLPy.CallUDF("perfxl.excel.functions", "PX_SIMILAR", Array(first, second), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_SIMILAR = XLPy.CallUDF("perfxl.excel.functions", "PX_SIMILAR", Array(first, second))
        Exit Function
    #End If
failed:
    PX_SIMILAR = Err.Description
End Function

Function PX_TARGET(values, Optional part)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_TARGET = XLPy.CallUDF("perfxl.excel.functions", "PX_TARGET", Array(values, part), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_TARGET = XLPy.CallUDF("perfxl.excel.functions", "PX_TARGET", Array(values, part))
        Exit Function
    #End If
failed:
    PX_TARGET = Err.Description
End Function

Function PX_TOTAL(store, unit, field)
    #If App = "Microsoft Excel" Then
        If TypeOf Application.Caller Is Range Then On Error GoTo failed
        PX_TOTAL = XLPy.CallUDF("perfxl.excel.functions", "PX_TOTAL", Array(store, unit, field), ActiveWorkbook, Application.Caller)
        Exit Function
    #Else
        PX_TOTAL = XLPy.CallUDF("perfxl.excel.functions", "PX_TOTAL", Array(store, unit, field))
        Exit Function
    #End If
failed:
    PX_TOTAL = Err.Description
End Function
