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
#include <string.h>

#if !defined(__GNUC__)
#error "needs the vectors of GCC or Clang; without them NumPy does the sums"
#endif

/* Four numbers added or multiplied at once, wherever they lie in memory. */
typedef double Four __attribute__((vector_size(32), aligned(8)));

/* Compiled twice where that can be: for any processor, and for those that take four numbers in one instruction. */
#if !defined(__clang__) && defined(__x86_64__) && defined(__linux__)
#define WIDE __attribute__((target_clones("avx2", "default")))
#else
#define WIDE
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

/* Entries are Q numbers, a multiple of four; each is multiplied by the weight of its pattern, if there are any. */
#define ENTRY(i, Q) ((const Four *)(table + (rows ? (int64_t)rows[i] : (i)) * (Q)))
#define WEIGHT(i) (weight ? weight[rows ? (int64_t)rows[i] : (i)] : 1.0)

#define FETCH_LATER(i, Q)                                                                                       \
    if (rows && (i) + AHEAD < end) {                                                                            \
        const double *later = table + (int64_t)rows[(i) + AHEAD] * (Q);                                         \
        __builtin_prefetch(later);                                                                              \
        if (weight) __builtin_prefetch(weight + rows[(i) + AHEAD]);                                             \
        if ((Q) > 8) __builtin_prefetch(later + 8);                                                             \
        if ((Q) > 16) __builtin_prefetch(later + 16);                                                           \
    }

#define GATHER(Q)                                                                                               \
    WIDE static void gather_##Q(const int32_t *rows, const int64_t *starts, const double *table,                \
                                const double *weight, double *out, Py_ssize_t first, Py_ssize_t last)           \
    {                                                                                                           \
        int64_t end = starts[last];                                                                             \
        for (Py_ssize_t r = first; r < last; r++) {                                                             \
            Four sum[(Q) / 4] = {{0}};                                                                          \
            for (int64_t i = starts[r]; i < starts[r + 1]; i++) {                                               \
                const Four *entry = ENTRY(i, Q);                                                                \
                double w = WEIGHT(i);                                                                           \
                FETCH_LATER(i, Q)                                                                               \
                for (int j = 0; j < (Q) / 4; j++) sum[j] += w * entry[j];                                       \
            }                                                                                                   \
            for (int j = 0; j < (Q) / 4; j++) ((Four *)(out + r * (Q)))[j] = sum[j];                            \
        }                                                                                                       \
    }

GATHER(4)
GATHER(8)
GATHER(12)
GATHER(16)
GATHER(20)
GATHER(24)

/* gather(rows | None, starts, table, weight | None, width, out, first, last): out[r] = the sum of weight times
 * table entry over the rows of run r, for the runs first to before last. Without `rows` row i has entry i. */
static PyObject *gather(PyObject *self, PyObject *args)
{
    PyObject *given[5];
    static const char *kinds[5] = {"i", "q", "d", "d", "d"};
    static const char *names[5] = {"rows", "starts", "table", "weight", "out"};
    Py_ssize_t width, first, last;
    Py_buffer b[5] = {{0}};
    PyObject *answer = NULL;
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOOOnOnn", &given[0], &given[1], &given[2], &given[3], &width, &given[4], &first,
                          &last))
        return NULL;
    for (; held < 5; held++)
        if (given[held] != Py_None && take(given[held], &b[held], kinds[held], names[held], held == 4) < 0) goto done;
    if (first < 0 || last >= COUNT(b[1]) || last * width > COUNT(b[4]) || width < 4 || width > 24 || width % 4) {
        PyErr_SetString(PyExc_ValueError, "out does not hold the runs");
        goto done;
    }
#define RUN_GATHER(Q)                                                                                           \
    case Q: gather_##Q(b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, first, last); break;
    Py_BEGIN_ALLOW_THREADS
    switch (width) { RUN_GATHER(4) RUN_GATHER(8) RUN_GATHER(12) RUN_GATHER(16) RUN_GATHER(20) RUN_GATHER(24) }
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    for (int i = 0; i < held; i++)
        if (b[i].obj) PyBuffer_Release(&b[i]);
    return answer;
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

/* ---- one pass from the last time to the first, with everyone at risk summed up on the way ---- */

/* What Efron's likelihood needs of the d events of one time, with D_k = s - (k / d) t for k = 0, ..., d - 1: the
 * product of the D_k goes into `product`, whose logarithm is taken when it nears the end of its range, and the
 * sums of 1 / D_k, f / D_k, 1 / D_k^2, f / D_k^2, f^2 / D_k^2 with f = k / d into the others. */
typedef struct {
    double one, f1, two, f2, ff2;
} Terms;

static inline void multiply(double factor, double *product, double *log_sum)
{
    *product *= factor;
    if (*product < 1e-200 || *product > 1e200) {
        *log_sum += log(*product);
        *product = 1;
    }
}

static inline Terms events_at(double s, double t, int64_t d, int efron, double *product, double *log_sum)
{
    Terms sums = {0, 0, 0, 0, 0};
    if (d == 1 || !efron) {
        double inverse = 1 / s;
        for (int64_t k = 0; k < d; k++) multiply(s, product, log_sum);
        sums.one = (double)d * inverse;
        sums.two = (double)d * inverse * inverse;
        return sums;
    }
    double step = 1.0 / (double)d;
    for (int64_t k = 0; k < d; k++) {
        double f = (double)k * step, left = s - f * t, inverse = 1 / left, square = inverse * inverse;
        multiply(left, product, log_sum);
        sums.one += inverse;
        sums.f1 += f * inverse;
        sums.two += square;
        sums.f2 += f * square;
        sums.ff2 += f * f * square;
    }
    return sums;
}

#define PASS(Q)                                                                                                 \
    WIDE static double pass_##Q(const int32_t *rows, const int64_t *starts, const double *table,                \
                                const double *weight, const int64_t *events, const uint8_t *fresh, int efron,   \
                                const double *before, double *experienced, double *first, double *second,       \
                                Py_ssize_t from, Py_ssize_t to)                                                 \
    {                                                                                                           \
        enum { V = (Q) / 4 };                                                                                   \
        Four S[V] = {{0}}, score[V] = {{0}}, square[Q][V];                                                      \
        double product = 1, log_sum = 0;                                                                        \
        int64_t end = starts[2 * to];                                                                           \
        memset(square, 0, sizeof square);                                                                       \
        for (int j = 0; j < V; j++) S[j] = ((const Four *)before)[j];                                           \
        for (Py_ssize_t r = from; r < to; r++) {                                                                \
            Four T[V] = {{0}};                                                                                  \
            int64_t i = starts[2 * r];                                                                          \
            if (fresh[r])                                                                                       \
                for (int j = 0; j < V; j++) S[j] = (Four){0};                                                   \
            for (; i < starts[2 * r + 1]; i++) {                                                                \
                const Four *entry = ENTRY(i, Q);                                                                \
                double w = WEIGHT(i);                                                                           \
                FETCH_LATER(i, Q)                                                                               \
                for (int j = 0; j < V; j++) T[j] += w * entry[j];                                               \
            }                                                                                                   \
            for (; i < starts[2 * r + 2]; i++) {                                                                \
                const Four *entry = ENTRY(i, Q);                                                                \
                double w = WEIGHT(i);                                                                           \
                FETCH_LATER(i, Q)                                                                               \
                for (int j = 0; j < V; j++) S[j] += w * entry[j];                                               \
            }                                                                                                   \
            if (!events[r]) continue;                                                                           \
            for (int j = 0; j < V; j++) S[j] += T[j];                                                           \
            Terms k = events_at(S[0][0], T[0][0], events[r], efron, &product, &log_sum);                        \
            experienced[2 * r] = k.f1;                                                                          \
            experienced[2 * r + 1] = k.one;                                                                     \
            for (int j = 0; j < V; j++) score[j] += k.one * S[j] - k.f1 * T[j];                                 \
            /* Of the symmetric matrix, each row from the vector that holds its diagonal. */                    \
            if (k.f2 == 0)                                                                                      \
                for (int l = 0; l < (Q); l++) {                                                                 \
                    double x = k.two * S[l / 4][l % 4];                                                         \
                    for (int j = l / 4; j < V; j++) square[l][j] += x * S[j];                                   \
                }                                                                                               \
            else                                                                                                \
                for (int l = 0; l < (Q); l++) {                                                                 \
                    double s = S[l / 4][l % 4], t = T[l / 4][l % 4];                                            \
                    double x = k.two * s - k.f2 * t, y = k.ff2 * t - k.f2 * s;                                  \
                    for (int j = l / 4; j < V; j++) square[l][j] += x * S[j] + y * T[j];                        \
                }                                                                                               \
        }                                                                                                       \
        for (int l = 0; l < (Q); l++) {                                                                         \
            first[l] = score[l / 4][l % 4];                                                                     \
            for (int j = 0; j < (Q); j++)                                                                       \
                second[l * (Q) + j] = j < l ? square[j][l / 4][l % 4] : square[l][j / 4][j % 4];                \
        }                                                                                                       \
        return log_sum + log(product);                                                                          \
    }

PASS(4)
PASS(8)
PASS(12)
PASS(16)
PASS(20)
PASS(24)

/* risk_pass(rows | None, starts, table, weight | None, width, events, fresh, efron, before, experienced, first,
 * second, from, to) -> the sum of log D: over the blocks from `from` to before `to`, each of two runs of one time,
 * first and second; for each, f / D and 1 / D in `experienced`. `fresh` marks the first block of a stratum, `before`
 * is what is at risk before the first block. */
static PyObject *risk_pass(PyObject *self, PyObject *args)
{
    PyObject *given[10];
    static const char *kinds[10] = {"i", "q", "d", "d", "q", "B", "d", "d", "d", "d"};
    static const char *names[10] = {"rows",   "starts",      "table", "weight", "events", "fresh",
                                    "before", "experienced", "first", "second"};
    Py_ssize_t width, blocks, from, to;
    int efron, held = 0;
    double log_sum = 0;
    Py_buffer b[10] = {{0}};
    PyObject *answer = NULL;
    if (!PyArg_ParseTuple(args, "OOOOnOOpOOOOnn", &given[0], &given[1], &given[2], &given[3], &width, &given[4],
                          &given[5], &efron, &given[6], &given[7], &given[8], &given[9], &from, &to))
        return NULL;
    for (; held < 10; held++)
        if (given[held] != Py_None && take(given[held], &b[held], kinds[held], names[held], held > 6) < 0) goto done;
    blocks = COUNT(b[4]);
    if (COUNT(b[1]) != 2 * blocks + 1 || COUNT(b[5]) != blocks || COUNT(b[6]) != width ||
        COUNT(b[7]) != 2 * blocks || COUNT(b[8]) != width || COUNT(b[9]) != width * width || from < 0 ||
        to > blocks || width < 4 || width > 24 || width % 4) {
        PyErr_SetString(PyExc_ValueError, "the sums do not fit the blocks");
        goto done;
    }
#define RUN_PASS(Q)                                                                                             \
    case Q:                                                                                                     \
        log_sum = pass_##Q(b[0].buf, b[1].buf, b[2].buf, b[3].buf, b[4].buf, b[5].buf, efron, b[6].buf,         \
                           b[7].buf, b[8].buf, b[9].buf, from, to);                                             \
        break;
    Py_BEGIN_ALLOW_THREADS
    switch (width) { RUN_PASS(4) RUN_PASS(8) RUN_PASS(12) RUN_PASS(16) RUN_PASS(20) RUN_PASS(24) }
    Py_END_ALLOW_THREADS
    answer = PyFloat_FromDouble(log_sum);
done:
    for (int i = 0; i < held; i++)
        if (b[i].obj) PyBuffer_Release(&b[i]);
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

/* ---- products with the whole table ---- */

WIDE static void products(const double *table, const double *v, Py_ssize_t width, double *out, Py_ssize_t first,
                          Py_ssize_t last)
{
    for (Py_ssize_t i = first; i < last; i++) {
        const Four *entry = (const Four *)(table + i * width), *with = (const Four *)v;
        Four sum = {0};
        for (Py_ssize_t j = 0; j < width / 4; j++) sum += entry[j] * with[j];
        out[i] = (sum[0] + sum[1]) + (sum[2] + sum[3]);
    }
}

/* dot(table, v, out, first, last): out[i] = the product of entry i and v. */
static PyObject *dot(PyObject *self, PyObject *args)
{
    PyObject *given[3];
    static const char *names[3] = {"table", "v", "out"};
    Py_ssize_t first, last;
    Py_buffer b[3] = {{0}};
    PyObject *answer = NULL;
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOOnn", &given[0], &given[1], &given[2], &first, &last)) return NULL;
    for (; held < 3; held++)
        if (take(given[held], &b[held], "d", names[held], held == 2) < 0) goto done;
    if (COUNT(b[1]) % 4 || first < 0 || last > COUNT(b[2]) || last * COUNT(b[1]) > COUNT(b[0])) {
        PyErr_SetString(PyExc_ValueError, "out does not hold the entries");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    products(b[0].buf, b[1].buf, COUNT(b[1]), b[2].buf, first, last);
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    for (int i = 0; i < held; i++) PyBuffer_Release(&b[i]);
    return answer;
}

#define GRAM(Q)                                                                                                 \
    WIDE static void gram_##Q(const double *table, const double *weight, double *out, Py_ssize_t first,         \
                              Py_ssize_t last)                                                                  \
    {                                                                                                           \
        enum { V = (Q) / 4 };                                                                                   \
        Four square[Q][V];                                                                                      \
        memset(square, 0, sizeof square);                                                                       \
        for (Py_ssize_t i = first; i < last; i++) {                                                             \
            const double *number = table + i * (Q);                                                             \
            const Four *entry = (const Four *)number;                                                           \
            for (int l = 0; l < (Q); l++) {                                                                     \
                double x = weight[i] * number[l];                                                               \
                for (int j = l / 4; j < V; j++) square[l][j] += x * entry[j];                                   \
            }                                                                                                   \
        }                                                                                                       \
        for (int l = 0; l < (Q); l++)                                                                           \
            for (int j = 0; j < (Q); j++)                                                                       \
                out[l * (Q) + j] = j < l ? square[j][l / 4][l % 4] : square[l][j / 4][j % 4];                   \
    }

GRAM(4)
GRAM(8)
GRAM(12)
GRAM(16)
GRAM(20)
GRAM(24)

/* gram(table, weight, width, out, first, last): out = the sum of weight times entry times entry'. */
static PyObject *gram(PyObject *self, PyObject *args)
{
    PyObject *given[3];
    static const char *names[3] = {"table", "weight", "out"};
    Py_ssize_t width, first, last;
    Py_buffer b[3] = {{0}};
    PyObject *answer = NULL;
    int held = 0;
    if (!PyArg_ParseTuple(args, "OOnOnn", &given[0], &given[1], &width, &given[2], &first, &last)) return NULL;
    for (; held < 3; held++)
        if (take(given[held], &b[held], "d", names[held], held == 2) < 0) goto done;
    if (COUNT(b[2]) != width * width || first < 0 || last > COUNT(b[1]) || last * width > COUNT(b[0]) || width < 4 ||
        width > 24 || width % 4) {
        PyErr_SetString(PyExc_ValueError, "weight and out do not fit the table");
        goto done;
    }
#define RUN_GRAM(Q)                                                                                             \
    case Q: gram_##Q(b[0].buf, b[1].buf, b[2].buf, first, last); break;
    Py_BEGIN_ALLOW_THREADS
    switch (width) { RUN_GRAM(4) RUN_GRAM(8) RUN_GRAM(12) RUN_GRAM(16) RUN_GRAM(20) RUN_GRAM(24) }
    Py_END_ALLOW_THREADS
    answer = Py_NewRef(Py_None);
done:
    for (int i = 0; i < held; i++) PyBuffer_Release(&b[i]);
    return answer;
}

static PyMethodDef methods[] = {
    {"count_runs", count_runs, METH_VARARGS, "Count the rows of each run."},
    {"place_rows", place_rows, METH_VARARGS, "Sort rows into their runs."},
    {"gather", gather, METH_VARARGS, "Sum table entries over runs."},
    {"spread", spread, METH_VARARGS, "Add a number of each run to its rows' patterns."},
    {"risk_pass", risk_pass, METH_VARARGS, "Sum everyone at risk, and what each event time adds to a likelihood."},
    {"up_to", up_to, METH_VARARGS, "Sum hazards up to each time."},
    {"dot", dot, METH_VARARGS, "Multiply each entry of a table with a vector."},
    {"gram", gram, METH_VARARGS, "Sum the weighted squares of a table's entries."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_compiled", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__compiled(void) { return PyModule_Create(&module); }
