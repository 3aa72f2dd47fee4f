/* Where the values are in plainly written parts of a workbook; optional (see compiled.py).

   The rows of a sheet are cut at their values, and each stretch between two values is looked up among those
   that plain_cells.py has verified and understood; a table of shared strings is cut into its texts.  What XML
   means is not decided here: an unknown stretch, and an item that is no plain text, is handed to Python. */

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <math.h>
#include <stdint.h>
#include <string.h>

#ifndef SOURCE
#define SOURCE "" /* SHA-256 of this file: hatch_build.py */
#endif

/* --- stretches by their bytes --------------------------------------------------------- */

enum { INSIDE = 1, LEAVES = 2 };
enum { ADDRESS, FOLLOWS, TYPED, SHOWN, FORMULAS, PARTS };
enum { FARTHEST = 64 };

typedef struct {
    uint64_t hash;
    PyObject *written; /* bytes; NULL: free */
    PyObject *found;   /* tuple of PARTS */
    int place;
} Slot;

typedef struct {
    PyObject_HEAD
    PyObject *learn;
    PyObject *number;
    Slot *slots;
    size_t mask, used, most;
    uint64_t seed;
} Stretches;

typedef struct {
    const char *begin, *end;
} Span;

static uint64_t mixed(uint64_t one, uint64_t other)
{
    one ^= other;
    one *= UINT64_C(0x9E3779B97F4A7C15);
    return one ^ (one >> 29) ^ (one << 17);
}

static uint64_t hash_of(const Stretches *self, Span stretch, int place)
{
    const char *at = stretch.begin;
    size_t left = (size_t)(stretch.end - at);
    uint64_t hash = mixed(self->seed, left * 4 + (uint64_t)place), word;
    for (; left >= 8; at += 8, left -= 8) {
        memcpy(&word, at, 8);
        hash = mixed(hash, word);
    }
    word = 0;
    memcpy(&word, at, left);
    return mixed(hash, word);
}

/* The slot that holds the stretch, or the free one where it belongs; NULL where too many stand before it: stretches
   that somebody made so that they crowd one place are not remembered. */
static Slot *slot_of(const Stretches *self, Span stretch, int place, uint64_t hash)
{
    size_t length = (size_t)(stretch.end - stretch.begin);
    for (size_t step = 0; step < FARTHEST; step++) {
        Slot *slot = &self->slots[(hash + step) & self->mask];
        if (slot->written == NULL)
            return slot;
        if (slot->hash == hash && slot->place == place && (size_t)PyBytes_GET_SIZE(slot->written) == length
            && memcmp(PyBytes_AS_STRING(slot->written), stretch.begin, length) == 0)
            return slot;
    }
    return NULL;
}

static void forget(Stretches *self)
{
    for (size_t at = 0; self->slots != NULL && at <= self->mask; at++) {
        Slot slot = self->slots[at];
        memset(&self->slots[at], 0, sizeof(Slot));
        Py_XDECREF(slot.written);
        Py_XDECREF(slot.found);
    }
    self->used = 0;
}

/* A new reference to what the stretch means; NULL with an exception where it means nothing. */
static PyObject *meaning(Stretches *self, Span stretch, int place)
{
    uint64_t hash = hash_of(self, stretch, place);
    Slot *slot = slot_of(self, stretch, place, hash);
    if (slot != NULL && slot->written != NULL)
        return Py_NewRef(slot->found);
    PyObject *written = PyBytes_FromStringAndSize(stretch.begin, stretch.end - stretch.begin);
    if (written == NULL)
        return NULL;
    PyObject *answer = PyObject_CallFunction(self->learn, "Oii", written, place & INSIDE ? 1 : 0, place & LEAVES ? 1 : 0);
    PyObject *found = NULL;
    int keep = 0;
    if (answer != NULL && !PyTuple_Check(answer))
        PyErr_SetString(PyExc_TypeError, "not what a stretch means");
    else if (answer != NULL && PyArg_ParseTuple(answer, "O!p", &PyTuple_Type, &found, &keep)) {
        if (PyTuple_GET_SIZE(found) != PARTS || !PyUnicode_CheckExact(PyTuple_GET_ITEM(found, ADDRESS))
            || !PyDict_CheckExact(PyTuple_GET_ITEM(found, TYPED)) || !PyDict_CheckExact(PyTuple_GET_ITEM(found, SHOWN))) {
            PyErr_SetString(PyExc_TypeError, "not what a stretch means");
            found = NULL;
        }
    }
    Py_XINCREF(found);
    Py_XDECREF(answer);
    if (found != NULL && keep) {
        if (self->used >= self->most)
            forget(self);
        slot = slot_of(self, stretch, place, hash); /* Python may have taken the free one meanwhile */
        if (slot != NULL && slot->written == NULL) {
            *slot = (Slot){hash, Py_NewRef(written), Py_NewRef(found), place};
            self->used++;
        }
    }
    Py_DECREF(written);
    return found;
}

/* --- the rows of a sheet ---------------------------------------------------------------- */

static const char CLOSED[] = "</v></c>";
enum { CLOSED_LENGTH = sizeof CLOSED - 1 };

/* The next value between begin and end: of a text or number that begins with neither a tag nor a dot. */
static int next_value(const char *begin, const char *end, Span *value)
{
    for (const char *at = begin + 1; at < end; at++) {
        at = memchr(at, 'v', (size_t)(end - at));
        if (at == NULL || end - at < 3 + CLOSED_LENGTH)
            return 0;
        if (at[-1] != '<' || at[1] != '>' || at[2] == '<' || at[2] == '.')
            continue;
        const char *closed = memchr(at + 2, '<', (size_t)(end - at - 2));
        if (closed == NULL)
            return 0;
        if (end - closed >= CLOSED_LENGTH && memcmp(closed, CLOSED, CLOSED_LENGTH) == 0) {
            *value = (Span){at + 2, closed};
            return 1;
        }
    }
    return 0;
}

/* The text that a value numbers, borrowed; NULL where its digits number none. */
static PyObject *shared_text(Span value, PyObject *texts)
{
    Py_ssize_t number = 0;
    if (value.end - value.begin > 9 || (*value.begin == '0' && value.end - value.begin > 1))
        return NULL;
    for (const char *at = value.begin; at < value.end; at++) {
        if (*at < '0' || *at > '9')
            return NULL;
        number = number * 10 + (*at - '0');
    }
    return number < PyList_GET_SIZE(texts) ? PyList_GET_ITEM(texts, number) : NULL;
}

/* A plainly written number, new; NULL without an exception where it is none.  A tag follows it. */
static PyObject *plain_number(Span value)
{
    for (const char *at = value.begin; at < value.end; at++)
        if (!((*at >= '0' && *at <= '9') || *at == '.' || *at == '-' || *at == '+' || *at == 'e' || *at == 'E'))
            return NULL;
    char *end;
    double number = PyOS_string_to_double(value.begin, &end, NULL);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        return NULL;
    }
    return end == value.end && isfinite(number) ? PyFloat_FromDouble(number) : NULL;
}

typedef struct {
    PyObject **found;
    Span *values;
    Py_ssize_t count, room;
} Cut;

static int more_room(Cut *cut)
{
    if (cut->count + 1 < cut->room)
        return 1;
    Py_ssize_t room = cut->room ? cut->room * 2 : 256;
    PyObject **found = PyMem_Realloc(cut->found, (size_t)room * sizeof *found);
    if (found != NULL)
        cut->found = found;
    Span *values = found == NULL ? NULL : PyMem_Realloc(cut->values, (size_t)room * sizeof *values);
    if (values == NULL) {
        PyErr_NoMemory();
        return 0;
    }
    cut->values = values;
    cut->room = room;
    return 1;
}

/* All stretches and the values between them; 0 with an exception where a stretch means nothing. */
static int cut_rows(Stretches *self, Span rows, Cut *cut)
{
    const char *at = rows.begin;
    for (;;) {
        Span value;
        int more = next_value(at, rows.end, &value);
        Span stretch = {at, more ? value.begin - 3 : rows.end};
        int place = (cut->count ? INSIDE : 0) | (more ? LEAVES : 0);
        if (!more_room(cut) || (cut->found[cut->count] = meaning(self, stretch, place)) == NULL)
            return 0;
        if (!more)
            return 1;
        cut->values[cut->count++] = value;
        at = value.end + CLOSED_LENGTH;
    }
}

typedef struct {
    PyObject *typed, *shown, *others, *formulas;
} Cells;

/* One value to where it belongs: 1, or 0 where it belongs nowhere, -1 with an exception. */
static int put_value(const Stretches *self, PyObject *found, Span value, PyObject *texts, Cells *cells)
{
    PyObject *address = PyTuple_GET_ITEM(found, ADDRESS), *follows = PyTuple_GET_ITEM(found, FOLLOWS);
    if (follows == Py_None) {
        PyObject *text = shared_text(value, texts);
        if (text == NULL)
            return 0;
        return PyDict_SetItem(cells->typed, address, text) < 0 ? -1 : 1;
    }
    if (PyTuple_CheckExact(follows) && PyTuple_GET_SIZE(follows) == 2 && PyTuple_GET_ITEM(follows, 0) == self->number) {
        PyObject *number = plain_number(value);
        if (number != NULL) {
            PyObject *where = PyTuple_GET_ITEM(follows, 1) == Py_True ? cells->shown : cells->typed;
            int done = PyDict_SetItem(where, address, number);
            Py_DECREF(number);
            return done < 0 ? -1 : 1;
        }
    }
    PyObject *other = Py_BuildValue("OOy#", address, follows, value.begin, value.end - value.begin);
    if (other == NULL)
        return -1;
    int done = PyList_Append(cells->others, other);
    Py_DECREF(other);
    return done < 0 ? -1 : 1;
}

static PyObject *gathered(const Stretches *self, const Cut *cut, PyObject *texts)
{
    Cells cells = {PyDict_New(), PyDict_New(), PyList_New(0), PyList_New(cut->count + 1)};
    PyObject *answer = NULL;
    Py_ssize_t count = cut->count;
    int sound = cells.typed && cells.shown && cells.others && cells.formulas ? 1 : -1;
    for (Py_ssize_t at = 0; sound > 0 && at <= cut->count; at++) {
        PyObject *found = cut->found[at];
        PyObject *typed = PyTuple_GET_ITEM(found, TYPED), *shown = PyTuple_GET_ITEM(found, SHOWN);
        PyList_SET_ITEM(cells.formulas, at, Py_NewRef(PyTuple_GET_ITEM(found, FORMULAS)));
        count += PyDict_GET_SIZE(typed) + PyDict_GET_SIZE(shown);
        if ((PyDict_GET_SIZE(typed) && PyDict_Update(cells.typed, typed) < 0)
            || (PyDict_GET_SIZE(shown) && PyDict_Update(cells.shown, shown) < 0))
            sound = -1;
        else if (at < cut->count)
            sound = put_value(self, found, cut->values[at], texts, &cells);
    }
    if (sound > 0)
        answer = Py_BuildValue("OOOOn", cells.typed, cells.shown, cells.others, cells.formulas, count);
    else if (sound == 0)
        answer = Py_NewRef(Py_None);
    Py_XDECREF(cells.typed);
    Py_XDECREF(cells.shown);
    Py_XDECREF(cells.others);
    Py_XDECREF(cells.formulas);
    return answer;
}

PyDoc_STRVAR(cells_doc,
    "cells(content, begin, end, texts) -> (typed, shown, others, formulas, count) | None\n\n"
    "The cells of the rows in content[begin:end]; others are (address, what follows, bytes) of values\n"
    "that Python has to read; count is how many cells there are.  None where a number is of no text.");

static PyObject *cells(Stretches *self, PyObject *arguments)
{
    PyObject *content, *texts;
    Py_ssize_t begin, end;
    if (!PyArg_ParseTuple(arguments, "SnnO!:cells", &content, &begin, &end, &PyList_Type, &texts))
        return NULL;
    if (begin < 0 || end < begin || end > PyBytes_GET_SIZE(content)) {
        PyErr_SetString(PyExc_ValueError, "rows beyond the content");
        return NULL;
    }
    const char *written = PyBytes_AS_STRING(content);
    Cut cut = {0};
    int done = cut_rows(self, (Span){written + begin, written + end}, &cut);
    PyObject *answer = done ? gathered(self, &cut, texts) : NULL;
    for (Py_ssize_t at = 0; at < cut.count + done; at++)
        Py_DECREF(cut.found[at]);
    PyMem_Free(cut.found);
    PyMem_Free(cut.values);
    return answer;
}

static PyObject *stretches_new(PyTypeObject *type, PyObject *arguments, PyObject *named)
{
    static char *names[] = {"learn", "number", "most", "seed", NULL};
    PyObject *learn, *number;
    Py_ssize_t most;
    unsigned long long seed;
    if (!PyArg_ParseTupleAndKeywords(arguments, named, "OOnK", names, &learn, &number, &most, &seed))
        return NULL;
    if (most < 1 || most > 1 << 20) {
        PyErr_SetString(PyExc_ValueError, "most");
        return NULL;
    }
    Stretches *self = (Stretches *)type->tp_alloc(type, 0);
    if (self == NULL)
        return NULL;
    size_t size = 16;
    while (size < (size_t)most * 2)
        size *= 2;
    self->slots = PyMem_Calloc(size, sizeof(Slot));
    if (self->slots == NULL) {
        Py_DECREF(self);
        return PyErr_NoMemory();
    }
    self->mask = size - 1;
    self->most = (size_t)most;
    self->seed = seed;
    self->learn = Py_NewRef(learn);
    self->number = Py_NewRef(number);
    return (PyObject *)self;
}

static void stretches_free(Stretches *self)
{
    forget(self);
    PyMem_Free(self->slots);
    Py_XDECREF(self->learn);
    Py_XDECREF(self->number);
    PyTypeObject *type = Py_TYPE(self);
    type->tp_free((PyObject *)self);
    Py_DECREF(type);
}

static Py_ssize_t stretches_length(Stretches *self)
{
    return (Py_ssize_t)self->used;
}

static PyMethodDef stretches_methods[] = {
    {"cells", (PyCFunction)cells, METH_VARARGS, cells_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot stretches_slots[] = {
    {Py_tp_doc, "Stretches(learn, number, most, seed): stretches between values, and what learn(stretch, inside, leaves) says of each."},
    {Py_tp_new, stretches_new},
    {Py_tp_dealloc, stretches_free},
    {Py_tp_methods, stretches_methods},
    {Py_sq_length, stretches_length},
    {0, NULL},
};

static PyType_Spec stretches_spec = {
    .name = "perfxl.workbook._cut.Stretches",
    .basicsize = sizeof(Stretches),
    .flags = Py_TPFLAGS_DEFAULT,
    .slots = stretches_slots,
};

/* --- shared strings --------------------------------------------------------------------- */

typedef struct {
    unsigned char forbidden, reference, bracket, low, escape;
} Seen;

/* What is in a text; a loop that compilers turn into one over vectors. */
static Seen seen_in(Span text)
{
    Seen seen = {0};
    for (const unsigned char *at = (const unsigned char *)text.begin; at < (const unsigned char *)text.end; at++) {
        seen.forbidden |= (*at < 32) & (*at != 9) & (*at != 10);
        seen.reference |= *at == '&';
        seen.bracket |= *at == ']';
        seen.low |= *at == 0xEF;
        seen.escape |= *at == '_';
    }
    return seen;
}

static int holds(Span text, const char *sought, size_t length)
{
    const char *at = text.begin;
    while ((size_t)(text.end - at) >= length && (at = memchr(at, sought[0], (size_t)(text.end - at))) != NULL) {
        if ((size_t)(text.end - at) >= length && memcmp(at, sought, length) == 0)
            return 1;
        at++;
    }
    return 0;
}

static int starts(const char *at, const char *end, const char *with, size_t length)
{
    return (size_t)(end - at) >= length && memcmp(at, with, length) == 0;
}

#define STARTS(at, end, with) starts(at, end, with, sizeof(with) - 1)

/* Something of an item that only Python can read: a text, or NULL with an exception or, where it is not plain, without. */
static PyObject *read_by(PyObject *read, Span item)
{
    PyObject *text = PyObject_CallFunction(read, "y#", item.begin, item.end - item.begin);
    if (text == Py_None) {
        Py_DECREF(text);
        return NULL;
    }
    if (text != NULL && !PyUnicode_Check(text)) {
        PyErr_SetString(PyExc_TypeError, "not a text");
        Py_CLEAR(text);
    }
    return text;
}

static PyObject *text_of(Span text, PyObject *marked)
{
    Seen seen = seen_in(text);
    if (seen.forbidden || (seen.bracket && holds(text, "]]>", 3)))
        return NULL;
    if (seen.low && (holds(text, "\xEF\xBF\xBE", 3) || holds(text, "\xEF\xBF\xBF", 3)))
        return NULL;
    if (seen.reference || (seen.escape && holds(text, "_x", 2)))
        return read_by(marked, text);
    PyObject *found = PyUnicode_DecodeUTF8(text.begin, text.end - text.begin, "strict");
    if (found == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
        PyErr_Clear();
    return found;
}

/* Where the item's end tag begins, NULL where there is none. */
static const char *end_of_item(const char *at, const char *end)
{
    for (; at < end && (at = memchr(at, '<', (size_t)(end - at))) != NULL; at++)
        if (STARTS(at, end, "</si>"))
            return at;
    return NULL;
}

PyDoc_STRVAR(texts_doc,
    "texts(content, begin, marked, item) -> list[str] | None\n\n"
    "The texts of a table's items, content[begin:], up to its end.  marked(bytes) reads a text with references or\n"
    "escapes, item(bytes) an item that is no plain text; both give None where it is not plain, and so does this.");

static PyObject *texts(PyObject *module, PyObject *arguments)
{
    PyObject *content, *marked, *other;
    Py_ssize_t begin;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "SnOO:texts", &content, &begin, &marked, &other))
        return NULL;
    if (begin < 0 || begin > PyBytes_GET_SIZE(content)) {
        PyErr_SetString(PyExc_ValueError, "items beyond the content");
        return NULL;
    }
    const char *at = PyBytes_AS_STRING(content) + begin, *end = PyBytes_AS_STRING(content) + PyBytes_GET_SIZE(content);
    while (end > at && (end[-1] == ' ' || end[-1] == '\t' || end[-1] == '\n'))
        end--;
    PyObject *found = PyList_New(0);
    while (found != NULL && STARTS(at, end, "<si>")) {
        Span item = {at += 4, NULL};
        PyObject *text = NULL;
        at += STARTS(at, end, "<t>") ? 3 : STARTS(at, end, "<t xml:space=\"preserve\">") ? 24 : 0;
        if (at > item.begin) {
            const char *tag = memchr(at, '<', (size_t)(end - at));
            if (tag != NULL && STARTS(tag, end, "</t></si>")) {
                text = text_of((Span){at, tag}, marked);
                at = tag + 9;
            }
        } else {
            item.end = end_of_item(at, end);
            if (item.end != NULL) {
                text = read_by(other, item);
                at = item.end + 5;
            }
        }
        if (text == NULL || PyList_Append(found, text) < 0)
            Py_CLEAR(found);
        Py_XDECREF(text);
    }
    if (found != NULL && !(end - at == 6 && STARTS(at, end, "</sst>")))
        Py_CLEAR(found);
    if (found == NULL && !PyErr_Occurred())
        Py_RETURN_NONE;
    return found;
}

/* --- the rows of a group ---------------------------------------------------------------- */

/* Something is left of the value without blanks: 1 or 0, -1 with an exception. */
static int says_something(PyObject *value, PyObject *blanks)
{
    if (!PyUnicode_Check(value))
        return value != Py_None;
    int kind = PyUnicode_KIND(value);
    const void *data = PyUnicode_DATA(value);
    Py_ssize_t length = PyUnicode_GET_LENGTH(value);
    for (Py_ssize_t at = 0; at < length; at++) {
        Py_ssize_t blank = PyUnicode_FindChar(blanks, PyUnicode_READ(kind, data, at), 0, PyUnicode_GET_LENGTH(blanks), 1);
        if (blank < 0)
            return blank == -1 ? 1 : -1;
    }
    return 0;
}

/* The values of a slot by their names: 1 if it is begun, 0 if not, -1 with an exception. */
static int slot_values(PyObject *values, PyObject *names, PyObject *addresses, PyObject *blanks, PyObject **raws)
{
    Py_ssize_t count = PyTuple_GET_SIZE(addresses);
    int begun = 0;
    *raws = NULL;
    for (Py_ssize_t at = 0; !begun && at < count; at++) {
        PyObject *value = PyDict_GetItemWithError(values, PyTuple_GET_ITEM(addresses, at));
        if (value == NULL && PyErr_Occurred())
            return -1;
        begun = value == NULL ? 0 : says_something(value, blanks);
    }
    if (begun < 1)
        return begun;
    *raws = PyDict_New();
    for (Py_ssize_t at = 0; *raws != NULL && at < count; at++) {
        PyObject *value = PyDict_GetItemWithError(values, PyTuple_GET_ITEM(addresses, at));
        if ((value == NULL && PyErr_Occurred())
            || PyDict_SetItem(*raws, PyTuple_GET_ITEM(names, at), value == NULL ? Py_None : value) < 0)
            Py_CLEAR(*raws);
    }
    return *raws == NULL ? -1 : 1;
}

PyDoc_STRVAR(rows_doc,
    "rows(values, slots, blanks) -> list[(block, slot, raws)]\n\n"
    "The rows of a group that hold more than blanks: slots are (key, names, addresses), values are by address.");

static PyObject *rows(PyObject *module, PyObject *arguments)
{
    PyObject *values, *slots, *blanks;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "O!O!U:rows", &PyDict_Type, &values, &PyTuple_Type, &slots, &blanks))
        return NULL;
    PyObject *found = PyList_New(0);
    for (Py_ssize_t at = 0; found != NULL && at < PyTuple_GET_SIZE(slots); at++) {
        PyObject *key, *names, *addresses, *raws, *row, *slot = PyTuple_GET_ITEM(slots, at);
        if (!PyTuple_Check(slot)
            || !PyArg_ParseTuple(slot, "O!O!O!", &PyTuple_Type, &key, &PyTuple_Type, &names,
                &PyTuple_Type, &addresses)
            || PyTuple_GET_SIZE(key) != 3 || PyTuple_GET_SIZE(names) != PyTuple_GET_SIZE(addresses)) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "not a slot");
            Py_CLEAR(found);
            break;
        }
        int begun = slot_values(values, names, addresses, blanks, &raws);
        if (begun == 0)
            continue;
        row = begun < 0 ? NULL : PyTuple_Pack(3, PyTuple_GET_ITEM(key, 1), PyTuple_GET_ITEM(key, 2), raws);
        Py_XDECREF(raws);
        if (row == NULL || PyList_Append(found, row) < 0)
            Py_CLEAR(found);
        Py_XDECREF(row);
    }
    return found;
}

static PyMethodDef functions[] = {
    {"rows", rows, METH_VARARGS, rows_doc},
    {"texts", texts, METH_VARARGS, texts_doc},
    {NULL, NULL, 0, NULL},
};

static int begun(PyObject *module)
{
    PyObject *type = PyType_FromSpec(&stretches_spec);
    int done = type == NULL ? -1 : PyModule_AddObjectRef(module, "Stretches", type);
    if (done == 0)
        done = PyModule_AddStringConstant(module, "source", SOURCE);
    Py_XDECREF(type);
    return done;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, begun}, {0, NULL}};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_cut",
    .m_doc = "Where the values are in plainly written parts of a workbook.",
    .m_size = 0,
    .m_methods = functions,
    .m_slots = module_slots,
};

PyMODINIT_FUNC PyInit__cut(void)
{
    return PyModuleDef_Init(&definition);
}
