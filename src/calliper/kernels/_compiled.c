/* Sums over rows, for tables of a million rows and more.
 *
 * Each function here has a twin in numpy_twin.py that says the same in NumPy; compiled.py calls these and cuts the
 * work into threads. Rows are sorted into runs: run r is the rows starts[r] to before starts[r + 1]. A row names two
 * entries, one of each list of a table. Nothing here allocates, and the interpreter's lock is let go.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#if !defined(__GNUC__)
#error "needs the vectors of GCC or Clang; without them NumPy does the sums"
#endif

/* Four numbers added or multiplied at once, wherever they lie in memory. */
typedef double Four __attribute__((vector_size(32), aligned(8)));

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

/* ---- Efron's denominators of the tied events of one time ---- */

/* A product whose logarithm is taken whenever it nears the end of its range. */
typedef struct {
    double value, log_sum;
} Product;

typedef struct {
    double one, f1, two, f2, ff2;
} Terms;

static inline void multiply(Product *product, double factor)
{
    product->value *= factor;
    if (product->value < 1e-200 || product->value > 1e200) {
        product->log_sum += log(product->value);
        product->value = 1;
    }
}

/* With D_k = s - f t and f = k / d for k = 0, ..., d - 1, or 0 for Breslow: the sums of 1 / D_k, f / D_k, 1 / D_k^2,
 * f / D_k^2 and f^2 / D_k^2; the D_k go into the product. Four events are done at once. */
static inline __attribute__((always_inline)) Terms events_at(double s, double t, int64_t d, int efron, Product *product)
{
    double inverse = 1 / s, count = (double)d;
    if (d == 1 || !efron) {
        for (int64_t k = 0; k < d; k++) multiply(product, s);
        return (Terms){count * inverse, 0, count * inverse * inverse, 0, 0};
    }
    /* D_k / s, between 1 and 1 / d: a few factors stay far from the end of the range. */
    double share = t / s, step = 1 / count;
    Four f = {0, step, 2 * step, 3 * step}, one = {0}, f1 = {0}, two = {0}, f2 = {0}, ff2 = {0}, factors = {1, 1, 1, 1};
    int64_t k = 0;
    for (; k + 4 <= d; k += 4, f += 4 * step) {
        Four left = 1 - f * share, over = 1 / left, square = over * over;
        factors *= left;
        if ((k & 31) == 28) {
            for (int j = 0; j < 4; j++) multiply(product, factors[j]);
            factors = (Four){1, 1, 1, 1};
        }
        one += over;
        f1 += f * over;
        two += square;
        f2 += f * square;
        ff2 += f * f * square;
    }
    for (int j = 0; j < 4; j++) multiply(product, factors[j]);
    Terms sums = {one[0] + one[1] + one[2] + one[3], f1[0] + f1[1] + f1[2] + f1[3], two[0] + two[1] + two[2] + two[3],
                  f2[0] + f2[1] + f2[2] + f2[3], ff2[0] + ff2[1] + ff2[2] + ff2[3]};
    for (; k < d; k++) {
        double g = (double)k * step, left = 1 - g * share, over = 1 / left;
        multiply(product, left);
        sums.one += over;
        sums.f1 += g * over;
        sums.two += over * over;
        sums.f2 += g * over * over;
        sums.ff2 += g * g * over * over;
    }
    product->log_sum += count * log(s);
    sums.one *= inverse;
    sums.f1 *= inverse;
    sums.two *= inverse * inverse;
    sums.f2 *= inverse * inverse;
    sums.ff2 *= inverse * inverse;
    return sums;
}

/* ---- what rows stand for ---- */

/* Row i names entry rows[i] >> 16 of `high` and entry rows[i] & 0xffff of `low`; without rows it has entry i of `high`,
 * and `weight_high` may be missing. */
typedef struct {
    const int32_t *rows;
    const double *high, *low, *weight_high, *weight_low;
} Lists;

/* ---- the loops, for each width and kind of processor ---- */

#define JOIN(name, width, kind) name##_##width##_##kind
#define NAMED(name, width, kind) JOIN(name, width, kind)

#define LOOP(name) NAMED(name, Q, any)
#define WITH
#include "_widths.h"
#undef LOOP
#undef WITH

#if defined(__x86_64__)
#define LOOP(name) NAMED(name, Q, fma)
#define WITH __attribute__((target("avx2,fma")))
#include "_widths.h"
static int has_fma(void) { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#define CHOOSE(name, width) (has_fma() ? name##_##width##_fma : name##_##width##_any)
#else
#define CHOOSE(name, width) name##_##width##_any
#endif

/* Call the copy of a loop that is for entries of this width and for this processor. */
#define AT_WIDTH(width, answer, name, ...)                                                                      \
    switch (width) {                                                                                            \
    case 4: answer CHOOSE(name, 4)(__VA_ARGS__); break;                                                         \
    case 8: answer CHOOSE(name, 8)(__VA_ARGS__); break;                                                         \
    case 12: answer CHOOSE(name, 12)(__VA_ARGS__); break;                                                       \
    case 16: answer CHOOSE(name, 16)(__VA_ARGS__); break;                                                       \
    case 20: answer CHOOSE(name, 20)(__VA_ARGS__); break;                                                       \
    case 24: answer CHOOSE(name, 24)(__VA_ARGS__); break;                                                       \
    }

static int is_width(Py_ssize_t width) { return width >= 4 && width <= 24 && width % 4 == 0; }

/* ---- sums of table entries over runs, and the other way round ---- */

/* Hold the arguments given: None is held as nothing, where it may be. */
static int take_all(PyObject **given, Py_buffer *b, int many, const char **kinds, const char **names,
                    unsigned written, unsigned missing, int *held)
{
    for (*held = 0; *held < many; (*held)++) {
        int k = *held;
        if (given[k] == Py_None && (missing >> k & 1)) continue;
        if (take(given[k], &b[k], kinds[k], names[k], written >> k & 1) < 0) return -1;
    }
    return 0;
}

static void release_all(Py_buffer *b, int held)
{
    for (int k = 0; k < held; k++)
        if (b[k].obj) PyBuffer_Release(&b[k]);
}

/* rows | None, starts, high, low | None, weights of both | None: the first six arguments of gather and risk_pass. */
#define LISTS_KINDS "i", "q", "d", "d", "d", "d"
#define LISTS_NAMES "rows", "starts", "high", "low", "weight_high", "weight_low"
#define LISTS(b) {(b)[0].buf, (b)[2].buf, (b)[3].buf, (b)[4].buf, (b)[5].buf}
enum { LISTS_MISSING = 1 | 8 | 16 | 32 };

/* With rows there are both lists and their weights. */
static int fit_together(const Py_buffer *b, Py_ssize_t width)
{
    if (!is_width(width) || COUNT(b[2]) % width || (b[4].obj && COUNT(b[4]) * width != COUNT(b[2]))) return 0;
    if (!b[0].obj) return 1;
    return b[3].obj && b[4].obj && b[5].obj && COUNT(b[5]) * width == COUNT(b[3]);
}

/* The arguments of gather and squares: rows | None, starts, high, low | None, weight_high | None, weight_low | None,
 * width, out, first, last. */
static PyObject *over_runs(PyObject *args, int squared)
{
    PyObject *given[7], *answer = NULL;
    static const char *kinds[7] = {LISTS_KINDS, "d"}, *names[7] = {LISTS_NAMES, "out"};
    Py_ssize_t width, first, last;
    Py_buffer b[7] = {{0}};
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOOOOOnOnn", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5],
                          &width, &given[6], &first, &last))
        return NULL;
    if (take_all(given, b, 7, kinds, names, 1 << 6, LISTS_MISSING, &held) < 0) goto done;
    if (!fit_together(b, width) || first < 0 || last >= COUNT(b[1]) || last * (squared ? width * width : width) > COUNT(b[6])) {
        PyErr_SetString(PyExc_ValueError, "the lists and out do not fit the runs");
        goto done;
    }
    Lists of = LISTS(b);
    Py_BEGIN_ALLOW_THREADS
    if (squared)
        AT_WIDTH(width, , squares, &of, b[1].buf, b[6].buf, first, last)
    else
        AT_WIDTH(width, , gather, &of, b[1].buf, b[6].buf, first, last)
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    release_all(b, held);
    return answer;
}

/* gather(...): out[r] = the sum of what the rows of run r stand for, for the runs first to before last. */
static PyObject *gather(PyObject *self, PyObject *args) { return over_runs(args, 0); }

/* squares(...): out[r] = the sum over them of weight times entry times entry'. */
static PyObject *squares(PyObject *self, PyObject *args) { return over_runs(args, 1); }

/* spread(rows, starts, value, low, out, first, last): add value[r] to out of the pattern, high times `low` plus low, of
 * each row of run r, for the runs first to before last. */
static PyObject *spread(PyObject *self, PyObject *args)
{
    PyObject *given[4], *answer = NULL;
    static const char *kinds[4] = {"i", "q", "d", "d"}, *names[4] = {"rows", "starts", "value", "out"};
    Py_ssize_t low, first, last;
    Py_buffer b[4] = {{0}};
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOOnOnn", &given[0], &given[1], &given[2], &low, &given[3], &first, &last)) return NULL;
    if (take_all(given, b, 4, kinds, names, 1 << 3, 0, &held) < 0) goto done;
    if (first < 0 || last >= COUNT(b[1]) || last > COUNT(b[2])) {
        PyErr_SetString(PyExc_ValueError, "value does not hold the runs");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    {
        const int32_t *rows = b[0].buf;
        const int64_t *starts = b[1].buf;
        const double *value = b[2].buf;
        double *total = b[3].buf;
        for (Py_ssize_t r = first; r < last; r++)
            for (int64_t i = starts[r]; i < starts[r + 1]; i++)
                total[((uint32_t)rows[i] >> 16) * (size_t)low + ((uint32_t)rows[i] & 0xffff)] += value[r];
    }
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    release_all(b, held);
    return answer;
}

/* risk_pass(... as gather to width, events, fresh, efron, before, experienced, first, second, from, to) -> the sum of
 * log D: over the blocks from `from` to before `to`, each of two runs of one time, first and second; for each, f / D
 * and 1 / D in `experienced`. `fresh` marks the first block of a stratum, `before` is what is at risk before the
 * first block. */
static PyObject *risk_pass(PyObject *self, PyObject *args)
{
    PyObject *given[12], *answer = NULL;
    static const char *kinds[12] = {LISTS_KINDS, "q", "B", "d", "d", "d", "d"};
    static const char *names[12] = {LISTS_NAMES, "events", "fresh", "before", "experienced", "first", "second"};
    Py_ssize_t width, blocks, from, to;
    int efron, held = 0;
    double log_sum = 0;
    Py_buffer b[12] = {{0}};
    if (!PyArg_ParseTuple(args, "OOOOOOnOOpOOOOnn", &given[0], &given[1], &given[2], &given[3], &given[4], &given[5],
                          &width, &given[6], &given[7], &efron, &given[8], &given[9], &given[10], &given[11], &from,
                          &to))
        return NULL;
    if (take_all(given, b, 12, kinds, names, 7 << 9, LISTS_MISSING, &held) < 0) goto done;
    blocks = COUNT(b[6]);
    if (!fit_together(b, width) || COUNT(b[1]) != 2 * blocks + 1 || COUNT(b[7]) != blocks || COUNT(b[8]) != width ||
        COUNT(b[9]) != 2 * blocks || COUNT(b[10]) != width || COUNT(b[11]) != width * width || from < 0 ||
        to > blocks) {
        PyErr_SetString(PyExc_ValueError, "the sums do not fit the blocks");
        goto done;
    }
    Lists of = LISTS(b);
    Py_BEGIN_ALLOW_THREADS
    AT_WIDTH(width, log_sum =, pass, &of, b[1].buf, b[6].buf, b[7].buf, efron, b[8].buf, b[9].buf, b[10].buf,
             b[11].buf, from, to)
    Py_END_ALLOW_THREADS
    answer = PyFloat_FromDouble(log_sum);
done:
    release_all(b, held);
    return answer;
}

/* up_to(experienced, fresh): of each block f / D and 1 / D become the sum H of 1 / D over its stratum's blocks from
 * the last, the first time, to itself: H - f / D for its events, H for its censorings. */
static PyObject *up_to(PyObject *self, PyObject *args)
{
    PyObject *experienced, *fresh;
    Py_buffer e, f;
    if (!PyArg_ParseTuple(args, "OO", &experienced, &fresh)) return NULL;
    if (take(experienced, &e, "d", "experienced", 1) < 0) return NULL;
    if (take(fresh, &f, "B", "fresh", 0) < 0) { PyBuffer_Release(&e); return NULL; }
    if (COUNT(e) != 2 * COUNT(f)) {
        PyErr_SetString(PyExc_ValueError, "experienced does not fit the blocks");
        PyBuffer_Release(&e);
        PyBuffer_Release(&f);
        return NULL;
    }
    Py_BEGIN_ALLOW_THREADS
    {
        double *pair = e.buf, hazard = 0;
        const uint8_t *begins = f.buf;
        for (Py_ssize_t r = COUNT(f) - 1; r >= 0; r--) {
            hazard += pair[2 * r + 1];
            pair[2 * r] = hazard - pair[2 * r];
            pair[2 * r + 1] = hazard;
            if (begins[r]) hazard = 0;
        }
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&e);
    PyBuffer_Release(&f);
    Py_RETURN_NONE;
}

/* gram(table, weight, width, out, first, last): out = the sum of weight times entry times entry'. */
static PyObject *gram(PyObject *self, PyObject *args)
{
    PyObject *given[3], *answer = NULL;
    static const char *kinds[3] = {"d", "d", "d"}, *names[3] = {"table", "weight", "out"};
    Py_ssize_t width, first, last;
    Py_buffer b[3] = {{0}};
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOnOnn", &given[0], &given[1], &width, &given[2], &first, &last)) return NULL;
    if (take_all(given, b, 3, kinds, names, 1 << 2, 0, &held) < 0) goto done;
    if (!is_width(width) || COUNT(b[2]) != width * width || first < 0 || last > COUNT(b[1]) ||
        last * width > COUNT(b[0])) {
        PyErr_SetString(PyExc_ValueError, "weight and out do not fit the table");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    AT_WIDTH(width, , gram, b[0].buf, b[1].buf, b[2].buf, first, last)
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    release_all(b, held);
    return answer;
}

static PyMethodDef methods[] = {
    {"count_runs", count_runs, METH_VARARGS, "Count the rows of each run."},
    {"place_rows", place_rows, METH_VARARGS, "Sort rows into their runs."},
    {"gather", gather, METH_VARARGS, "Sum table entries over runs."},
    {"squares", squares, METH_VARARGS, "Sum the squares of table entries over runs."},
    {"spread", spread, METH_VARARGS, "Add a number of each run to its rows' patterns."},
    {"risk_pass", risk_pass, METH_VARARGS, "Sum everyone at risk, and what each event time adds to a likelihood."},
    {"up_to", up_to, METH_VARARGS, "Sum hazards up to each time."},
    {"gram", gram, METH_VARARGS, "Sum the weighted squares of a table's entries."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }
