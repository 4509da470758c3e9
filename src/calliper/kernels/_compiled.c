/* The inner loops of sums over rows, for tables of a million rows and more.
 *
 * Each function here has a twin in numpy_twin.py that says the same in NumPy; rows.py chooses between them and
 * cuts the work into threads. Rows are sorted into runs: run r is the rows starts[r] to before starts[r + 1].
 * A row names its pattern, an entry of a table. Nothing here allocates, and the interpreter's lock is let go.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>

#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
#endif

#if defined(__GNUC__)
#define FETCH(place) __builtin_prefetch(place)
#else
#define FETCH(place)
#endif

/* How many rows ahead a table entry is asked for: it lies anywhere, and the next rows are known. */
enum { AHEAD = 24 };

/* ---- buffers ---- */

static int take(PyObject *from, Py_buffer *held, const char *kinds, const char *name, int writes)
{
    int flags = PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | (writes ? PyBUF_WRITABLE : 0);
    if (PyObject_GetBuffer(from, held, flags) < 0) return -1;
    const char *format = held->format ? held->format : "B";
    char kind = format[0];
    if (kind == '<' || kind == '=' || kind == '@') kind = format[1];
    if (kind == '?') kind = 'B';
    if (kind == 'l' || kind == 'q') kind = held->itemsize == 8 ? 'q' : 'i';
    for (const char *k = kinds; *k; k++)
        if (*k == kind) return kind;
    PyErr_Format(PyExc_TypeError, "%s has element kind '%s'; expected one of %s", name, format, kinds);
    PyBuffer_Release(held);
    return -1;
}

#define COUNT(buffer) ((buffer).itemsize ? (buffer).len / (buffer).itemsize : 0)

/* ---- whole-number times: which run a row belongs to ---- */

/* Runs go by group, then from the last time to the first, then events before censorings. */
#define RUN_OF(g, t, e) ((((int64_t)(g) * slots) + (slots - 1 - (int64_t)(t))) * 2 + 1 - (e))

#define FOR_EACH_ROW(TIME, GROUP_OF, BODY)                                                                      \
    for (Py_ssize_t i = first; i < last; i++) {                                                                 \
        TIME t = ((const TIME *)time)[i];                                                                       \
        uint8_t e = event[i];                                                                                   \
        int64_t g = GROUP_OF;                                                                                   \
        if (!(t >= 0 && t < (TIME)slots) || (TIME)(int64_t)t != t || e > 1 || g < 0 || g >= groups) return i;   \
        int64_t run = RUN_OF(g, t, e);                                                                          \
        BODY;                                                                                                   \
    }

#define FOR_EACH_TIME(GROUP_OF, BODY)                                                                           \
    switch (time_kind) {                                                                                        \
    case 'd': FOR_EACH_ROW(double, GROUP_OF, BODY) break;                                                       \
    case 'i': FOR_EACH_ROW(int32_t, GROUP_OF, BODY) break;                                                      \
    default: FOR_EACH_ROW(int64_t, GROUP_OF, BODY) break;                                                       \
    }

#define FOR_EACH(BODY)                                                                                          \
    if (group_kind == 'B') { FOR_EACH_TIME(((const uint8_t *)group)[i], BODY) }                                 \
    else if (group_kind == 'i') { FOR_EACH_TIME(((const int32_t *)group)[i], BODY) }                            \
    else { FOR_EACH_TIME(0, BODY) }

static Py_ssize_t count(const void *time, int time_kind, const uint8_t *event, const void *group,
                        int group_kind, int64_t groups, int64_t slots, int64_t *total, Py_ssize_t first,
                        Py_ssize_t last)
{
    FOR_EACH(total[run]++)
    return -1;
}

static Py_ssize_t place(const void *time, int time_kind, const uint8_t *event, const void *group,
                        int group_kind, int64_t groups, int64_t slots, const int32_t *pattern, int64_t *next,
                        int32_t *out, Py_ssize_t first, Py_ssize_t last)
{
    if (pattern) { FOR_EACH(out[next[run]++] = pattern[i]) }
    else { FOR_EACH(out[next[run]++] = (int32_t)i) }
    return -1;
}

typedef struct {
    Py_buffer time, event, group;
    int time_kind, group_kind;
} Follow;

static void release_follow(Follow *f)
{
    PyBuffer_Release(&f->time);
    PyBuffer_Release(&f->event);
    if (f->group_kind > 0) PyBuffer_Release(&f->group);
}

static int take_follow(Follow *f, PyObject *time, PyObject *event, PyObject *group)
{
    f->group_kind = 0;
    if ((f->time_kind = take(time, &f->time, "diq", "time", 0)) < 0) return -1;
    if (take(event, &f->event, "B", "event", 0) < 0) { PyBuffer_Release(&f->time); return -1; }
    if (group != Py_None && (f->group_kind = take(group, &f->group, "Bi", "group", 0)) < 0) {
        PyBuffer_Release(&f->time);
        PyBuffer_Release(&f->event);
        return -1;
    }
    Py_ssize_t n = COUNT(f->time);
    if (COUNT(f->event) != n || (f->group_kind && COUNT(f->group) != n)) {
        PyErr_SetString(PyExc_ValueError, "time, event and group differ in length");
        release_follow(f);
        return -1;
    }
    return 0;
}

/* count_runs(time, event, group | None, groups, slots, total, first, last): add one to `total` of each row's
 * run, for the rows first to before last. Returns the first row whose time is no whole number below slots, or
 * whose flag or group is out of range; -1 if there is none. */
static PyObject *count_runs(PyObject *self, PyObject *args)
{
    PyObject *time, *event, *group, *total;
    long long groups, slots;
    Py_ssize_t first, last, bad = -1;
    Follow f;
    Py_buffer sums;
    if (!PyArg_ParseTuple(args, "OOOLLOnn", &time, &event, &group, &groups, &slots, &total, &first, &last))
        return NULL;
    if (take_follow(&f, time, event, group) < 0) return NULL;
    if (take(total, &sums, "q", "total", 1) < 0) { release_follow(&f); return NULL; }
    if (COUNT(sums) != groups * slots * 2 || first < 0 || last > COUNT(f.time)) {
        PyErr_SetString(PyExc_ValueError, "total has another size than groups, slots and two");
        release_follow(&f);
        PyBuffer_Release(&sums);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    bad = count(f.time.buf, f.time_kind, f.event.buf, f.group_kind ? f.group.buf : NULL, f.group_kind, groups,
                slots, sums.buf, first, last);
    Py_END_ALLOW_THREADS
    release_follow(&f);
    PyBuffer_Release(&sums);
    return PyLong_FromSsize_t(bad);
}

/* place_rows(time, event, group | None, groups, slots, pattern | None, next, out, first, last): write each
 * row's pattern, or its number, at `next` of its run, and move that on. The rows were counted before. */
static PyObject *place_rows(PyObject *self, PyObject *args)
{
    PyObject *time, *event, *group, *pattern, *next, *out;
    long long groups, slots;
    Py_ssize_t first, last, bad = -1;
    Follow f;
    Py_buffer patterns = {0}, cursor, sorted;
    if (!PyArg_ParseTuple(args, "OOOLLOOOnn", &time, &event, &group, &groups, &slots, &pattern, &next, &out,
                          &first, &last))
        return NULL;
    if (take_follow(&f, time, event, group) < 0) return NULL;
    if (pattern != Py_None && take(pattern, &patterns, "i", "pattern", 0) < 0) goto no_pattern;
    if (take(next, &cursor, "q", "next", 1) < 0) goto no_cursor;
    if (take(out, &sorted, "i", "out", 1) < 0) goto no_out;
    if (COUNT(cursor) != groups * slots * 2 || COUNT(sorted) != COUNT(f.time) || first < 0 ||
        last > COUNT(f.time) || (patterns.obj && COUNT(patterns) != COUNT(f.time))) {
        PyErr_SetString(PyExc_ValueError, "pattern, next and out do not fit the rows");
        PyBuffer_Release(&sorted);
        goto no_out;
    }
    Py_BEGIN_ALLOW_THREADS
    bad = place(f.time.buf, f.time_kind, f.event.buf, f.group_kind ? f.group.buf : NULL, f.group_kind, groups,
                slots, patterns.obj ? patterns.buf : NULL, cursor.buf, sorted.buf, first, last);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&sorted);
    PyBuffer_Release(&cursor);
    if (patterns.obj) PyBuffer_Release(&patterns);
    release_follow(&f);
    return PyLong_FromSsize_t(bad);
no_out:
    PyBuffer_Release(&cursor);
no_cursor:
    if (patterns.obj) PyBuffer_Release(&patterns);
no_pattern:
    release_follow(&f);
    return NULL;
}

/* ---- sums of table entries over runs, and the other way round ---- */

#define GATHER_FIXED(Q)                                                                                         \
    WIDE static void gather_##Q(const int32_t *rows, const int64_t *starts, const double *table, double *out,   \
                                Py_ssize_t first, Py_ssize_t last)                                              \
    {                                                                                                           \
        int64_t end = starts[last];                                                                             \
        for (Py_ssize_t r = first; r < last; r++) {                                                             \
            double sum[Q] = {0};                                                                                \
            for (int64_t i = starts[r]; i < starts[r + 1]; i++) {                                               \
                const double *entry = table + (int64_t)rows[i] * Q;                                             \
                if (i + AHEAD < end) {                                                                          \
                    const double *later = table + (int64_t)rows[i + AHEAD] * Q;                                 \
                    FETCH(later);                                                                               \
                    if (Q > 8) FETCH(later + 8);                                                                \
                    if (Q > 16) FETCH(later + 16);                                                              \
                }                                                                                               \
                for (int j = 0; j < Q; j++) sum[j] += entry[j];                                                 \
            }                                                                                                   \
            for (int j = 0; j < Q; j++) out[r * Q + j] = sum[j];                                                \
        }                                                                                                       \
    }

GATHER_FIXED(4)
GATHER_FIXED(8)
GATHER_FIXED(12)
GATHER_FIXED(16)
GATHER_FIXED(20)
GATHER_FIXED(24)

static void gather_any(const int32_t *rows, const int64_t *starts, const double *table, double *out,
                       Py_ssize_t width, Py_ssize_t first, Py_ssize_t last)
{
    for (Py_ssize_t r = first; r < last; r++) {
        double *sum = out + r * width;
        for (Py_ssize_t j = 0; j < width; j++) sum[j] = 0;
        for (int64_t i = starts[r]; i < starts[r + 1]; i++) {
            const double *entry = table + (rows ? (int64_t)rows[i] : i) * width;
            for (Py_ssize_t j = 0; j < width; j++) sum[j] += entry[j];
        }
    }
}

/* gather(rows | None, starts, table, width, out, first, last): out[r] = the sum of the table entries of the
 * rows of run r, for the runs first to before last. Without `rows` row i has entry i. */
static PyObject *gather(PyObject *self, PyObject *args)
{
    PyObject *rows, *starts, *table, *out;
    Py_ssize_t width, first, last;
    Py_buffer r = {0}, s, t, o;
    if (!PyArg_ParseTuple(args, "OOOnOnn", &rows, &starts, &table, &width, &out, &first, &last)) return NULL;
    if (rows != Py_None && take(rows, &r, "i", "rows", 0) < 0) return NULL;
    if (take(starts, &s, "q", "starts", 0) < 0) goto no_starts;
    if (take(table, &t, "d", "table", 0) < 0) goto no_table;
    if (take(out, &o, "d", "out", 1) < 0) goto no_out;
    if (first < 0 || last >= COUNT(s) || last * width > COUNT(o)) {
        PyErr_SetString(PyExc_ValueError, "out does not hold the runs");
        PyBuffer_Release(&o);
        goto no_out;
    }
    Py_BEGIN_ALLOW_THREADS
    switch (r.obj ? width : 0) {
    case 4: gather_4(r.buf, s.buf, t.buf, o.buf, first, last); break;
    case 8: gather_8(r.buf, s.buf, t.buf, o.buf, first, last); break;
    case 12: gather_12(r.buf, s.buf, t.buf, o.buf, first, last); break;
    case 16: gather_16(r.buf, s.buf, t.buf, o.buf, first, last); break;
    case 20: gather_20(r.buf, s.buf, t.buf, o.buf, first, last); break;
    case 24: gather_24(r.buf, s.buf, t.buf, o.buf, first, last); break;
    default: gather_any(r.obj ? r.buf : NULL, s.buf, t.buf, o.buf, width, first, last);
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&o);
    PyBuffer_Release(&t);
    PyBuffer_Release(&s);
    if (r.obj) PyBuffer_Release(&r);
    Py_RETURN_NONE;
no_out:
    PyBuffer_Release(&t);
no_table:
    PyBuffer_Release(&s);
no_starts:
    if (r.obj) PyBuffer_Release(&r);
    return NULL;
}

/* spread(rows, starts, value, out, first, last): add value[r] to out of the pattern of each row of run r, for
 * the runs first to before last. */
static PyObject *spread(PyObject *self, PyObject *args)
{
    PyObject *rows, *starts, *value, *out;
    Py_ssize_t first, last;
    Py_buffer r, s, v, o;
    if (!PyArg_ParseTuple(args, "OOOOnn", &rows, &starts, &value, &out, &first, &last)) return NULL;
    if (take(rows, &r, "i", "rows", 0) < 0) return NULL;
    if (take(starts, &s, "q", "starts", 0) < 0) goto no_starts;
    if (take(value, &v, "d", "value", 0) < 0) goto no_value;
    if (take(out, &o, "d", "out", 1) < 0) goto no_out;
    if (first < 0 || last >= COUNT(s) || last > COUNT(v)) {
        PyErr_SetString(PyExc_ValueError, "value does not hold the runs");
        PyBuffer_Release(&o);
        goto no_out;
    }
    Py_BEGIN_ALLOW_THREADS
    {
        const int32_t *row = r.buf;
        const int64_t *start = s.buf;
        const double *given = v.buf;
        double *total = o.buf;
        for (Py_ssize_t run = first; run < last; run++)
            for (int64_t i = start[run]; i < start[run + 1]; i++) total[row[i]] += given[run];
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&o);
    PyBuffer_Release(&v);
    PyBuffer_Release(&s);
    PyBuffer_Release(&r);
    Py_RETURN_NONE;
no_out:
    PyBuffer_Release(&v);
no_value:
    PyBuffer_Release(&s);
no_starts:
    PyBuffer_Release(&r);
    return NULL;
}

/* ---- Efron's denominators of the tied events of each time ---- */

/* With D_k = s - (k / d) t for k = 0, ..., d - 1: the sums of log D_k, 1 / D_k, f / D_k, 1 / D_k^2, f / D_k^2 and
 * f^2 / D_k^2, with f = k / d. Logarithms are taken of products that are still far from underflow. */
WIDE static void efron(const double *s, const double *t, const int64_t *d, double *out, Py_ssize_t first,
                       Py_ssize_t last)
{
    for (Py_ssize_t m = first; m < last; m++) {
        double share = t[m] / s[m], step = 1.0 / (double)d[m], product = 1, log_sum = 0;
        double one = 0, f1 = 0, two = 0, f2 = 0, ff2 = 0;
        for (int64_t k = 0; k < d[m]; k++) {
            double f = (double)k * step, left = 1 - f * share, inverse = 1 / left;
            product *= left;
            if (product < 1e-200) {
                log_sum += log(product);
                product = 1;
            }
            one += inverse;
            f1 += f * inverse;
            two += inverse * inverse;
            f2 += f * inverse * inverse;
            ff2 += f * f * inverse * inverse;
        }
        double scale = 1 / s[m];
        double *sums = out + m * 6;
        sums[0] = log_sum + log(product) + (double)d[m] * log(s[m]);
        sums[1] = one * scale;
        sums[2] = f1 * scale;
        sums[3] = two * scale * scale;
        sums[4] = f2 * scale * scale;
        sums[5] = ff2 * scale * scale;
    }
}

/* efron_sums(at_risk, with_event, events, out, first, last) */
static PyObject *efron_sums(PyObject *self, PyObject *args)
{
    PyObject *at_risk, *with_event, *events, *out;
    Py_ssize_t first, last;
    Py_buffer s, t, d, o;
    if (!PyArg_ParseTuple(args, "OOOOnn", &at_risk, &with_event, &events, &out, &first, &last)) return NULL;
    if (take(at_risk, &s, "d", "at_risk", 0) < 0) return NULL;
    if (take(with_event, &t, "d", "with_event", 0) < 0) goto no_with;
    if (take(events, &d, "q", "events", 0) < 0) goto no_events;
    if (take(out, &o, "d", "out", 1) < 0) goto no_out;
    if (first < 0 || last > COUNT(s) || last > COUNT(t) || last > COUNT(d) || last * 6 > COUNT(o)) {
        PyErr_SetString(PyExc_ValueError, "the sums differ in length");
        PyBuffer_Release(&o);
        goto no_out;
    }
    Py_BEGIN_ALLOW_THREADS
    efron(s.buf, t.buf, d.buf, o.buf, first, last);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&o);
    PyBuffer_Release(&d);
    PyBuffer_Release(&t);
    PyBuffer_Release(&s);
    Py_RETURN_NONE;
no_out:
    PyBuffer_Release(&d);
no_events:
    PyBuffer_Release(&t);
no_with:
    PyBuffer_Release(&s);
    return NULL;
}

static PyMethodDef methods[] = {
    {"count_runs", count_runs, METH_VARARGS, "Count the rows of each run."},
    {"place_rows", place_rows, METH_VARARGS, "Sort rows into their runs."},
    {"gather", gather, METH_VARARGS, "Sum table entries over runs."},
    {"spread", spread, METH_VARARGS, "Add a number of each run to its rows' patterns."},
    {"efron_sums", efron_sums, METH_VARARGS, "Sums over the tied events of each time."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }
