/* The loops over rows and table entries of Q numbers. _compiled.c includes this file once for each width Q and each
 * kind of processor; LOOP(name) is the name of that copy of a function, WITH says for which processor it is made. */

#define V (Q / 4)

/* Add the sum of row i's two entries; weighted, times the product of their weights, which is what it stands for. */
WITH static inline void LOOP(add)(const Lists *of, int weighted, int64_t i, Four sum[V])
{
    if (of->rows) {
        uint32_t high = (uint32_t)of->rows[i] >> 16, low = (uint32_t)of->rows[i] & 0xffff;
        const Four *a = (const Four *)(of->high + (size_t)high * Q), *b = (const Four *)(of->low + (size_t)low * Q);
        double w = weighted ? of->weight_high[high] * of->weight_low[low] : 1.0;
#pragma GCC unroll 8
        for (int j = 0; j < V; j++) sum[j] += w * (a[j] + b[j]);
    } else {
        const Four *entry = (const Four *)(of->high + i * Q);
        double w = weighted && of->weight_high ? of->weight_high[i] : 1.0;
#pragma GCC unroll 8
        for (int j = 0; j < V; j++) sum[j] += w * entry[j];
    }
}

/* The sum of what the rows of each run from `first` to before `last` stand for. */
WITH static void LOOP(gather)(const Lists *of, const int64_t *starts, double *out, Py_ssize_t first, Py_ssize_t last)
{
    for (Py_ssize_t r = first; r < last; r++) {
        Four sum[V] = {{0}};
        for (int64_t i = starts[r]; i < starts[r + 1]; i++) LOOP(add)(of, 1, i, sum);
        for (int j = 0; j < V; j++) ((Four *)(out + r * Q))[j] = sum[j];
    }
}

/* Of the symmetric sum of x y', the vectors from the diagonal on. Written out, row by row: no loop is left. */
WITH static inline void LOOP(add_square)(Four square[Q][V], const Four *x, const Four *y)
{
#pragma GCC unroll 8
    for (int g = 0; g < V; g++)
#pragma GCC unroll 4
        for (int q = 0; q < 4; q++)
#pragma GCC unroll 8
            for (int j = g; j < V; j++) square[4 * g + q][j] += x[g][q] * y[j];
}

WITH static inline void LOOP(write_square)(Four square[Q][V], double *out)
{
    for (int l = 0; l < Q; l++)
        for (int j = 0; j < Q; j++) out[l * Q + j] = j < l ? square[j][l / 4][l % 4] : square[l][j / 4][j % 4];
}

/* The sum of weight times entry times entry' over the rows of each run from `first` to before `last`. */
WITH static void LOOP(squares)(const Lists *of, const int64_t *starts, double *out, Py_ssize_t first, Py_ssize_t last)
{
    for (Py_ssize_t r = first; r < last; r++) {
        Four square[Q][V];
        memset(square, 0, sizeof square);
        for (int64_t i = starts[r]; i < starts[r + 1]; i++) {
            Four entry[V] = {{0}}, x[V] = {{0}};
            LOOP(add)(of, 0, i, entry);
            LOOP(add)(of, 1, i, x);
            LOOP(add_square)(square, x, entry);
        }
        LOOP(write_square)(square, out + r * Q * Q);
    }
}

/* Everyone at risk, summed up from the block `from` on, and what the events of each block add. */
WITH static double LOOP(pass)(const Lists *of, const int64_t *starts, const int64_t *events, const uint8_t *fresh,
                              int efron, const double *before, double *experienced, double *first, double *second,
                              Py_ssize_t from, Py_ssize_t to)
{
    Four S[V], score[V] = {{0}}, square[Q][V];
    Product product = {1, 0};
    memset(square, 0, sizeof square);
    for (int j = 0; j < V; j++) S[j] = ((const Four *)before)[j];
    for (Py_ssize_t r = from; r < to; r++) {
        Four T[V] = {{0}}, x[V], y[V];
        int64_t i = starts[2 * r];
        if (fresh[r])
            for (int j = 0; j < V; j++) S[j] = (Four){0};
        for (; i < starts[2 * r + 1]; i++) LOOP(add)(of, 1, i, T);
        for (; i < starts[2 * r + 2]; i++) LOOP(add)(of, 1, i, S);
        if (!events[r]) continue;
        for (int j = 0; j < V; j++) S[j] += T[j];
        Terms k = events_at(S[0][0], T[0][0], events[r], efron, &product);
        experienced[2 * r] = k.f1;
        experienced[2 * r + 1] = k.one;
        for (int j = 0; j < V; j++) {
            score[j] += k.one * S[j] - k.f1 * T[j];
            x[j] = k.two * S[j] - k.f2 * T[j];
        }
        LOOP(add_square)(square, x, S);
        if (k.f2 == 0) continue;
        for (int j = 0; j < V; j++) y[j] = k.ff2 * T[j] - k.f2 * S[j];
        LOOP(add_square)(square, y, T);
    }
    for (int l = 0; l < Q; l++) first[l] = score[l / 4][l % 4];
    LOOP(write_square)(square, second);
    return product.log_sum + log(product.value);
}

/* The sum of weight times entry times entry' over the entries from `first` to before `last`. */
WITH static void LOOP(gram)(const double *table, const double *weight, double *out, Py_ssize_t first, Py_ssize_t last)
{
    Four square[Q][V];
    memset(square, 0, sizeof square);
    for (Py_ssize_t i = first; i < last; i++) {
        const Four *entry = (const Four *)(table + i * Q);
        Four x[V];
        for (int j = 0; j < V; j++) x[j] = weight[i] * entry[j];
        LOOP(add_square)(square, x, entry);
    }
    LOOP(write_square)(square, out);
}

#undef V
