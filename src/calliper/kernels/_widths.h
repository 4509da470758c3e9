/* The loops for each width of a table's entries, for one kind of processor. */
#define Q 4
#include "_loops.h"
#undef Q
#define Q 8
#include "_loops.h"
#undef Q
#define Q 12
#include "_loops.h"
#undef Q
#define Q 16
#include "_loops.h"
#undef Q
#define Q 20
#include "_loops.h"
#undef Q
#define Q 24
#include "_loops.h"
#undef Q
