/* Ternary matrices times int8 activations, over weights packed to 2 bits, in place.
 *
 * packed[i][k], of `block` rows and `columns` columns, holds four weights of column k: those of rows i, i + block,
 * i + 2 block and i + 3 block, in bits 0, 2, 4 and 6, each as weight + 1. That is how transformers packs BitNet.
 *
 * Every path computes the same int32 sums, exactly: sum of (weight + 1) * x, less the sum of x. A path is compiled for its
 * own instructions by an attribute, so that one library has all of them and needs no more of a machine than the one that is
 * run. Nothing is read beyond packed[block * columns] and x[tokens * columns]: ends that fill no register are copied first.
 *
 * Whoever calls checks shapes (kernel.py); sizes are checked here again, since what is packed comes from files.
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__) || defined(__i386__)
#define X86 1
#include <cpuid.h>
#include <immintrin.h>
#else
#define X86 0
#endif

#define STEP_INLINE static inline __attribute__((always_inline))

enum { PORTABLE = 0, AVX2 = 1, AVXVNNI = 2, AVX512 = 3 };
enum { DONE = 0, WRONG_SIZE = 1, NOT_FINITE = 2, NO_PATH = 3 };

/* Above this, 255 * 128 * columns could leave an int32. */
#define MOST_COLUMNS 65536
#define TILE 4

typedef struct Job {
  void (*chunk_of)(const struct Job *job, size_t chunk);
  int path;
  const uint8_t *packed;
  size_t block, columns, tokens;
  const int8_t *x;         /* [tokens][columns] */
  const int32_t *sums;     /* [tokens]: of each row of x */
  const float *scales;     /* [tokens]: what a float result is divided by, times */
  float weight;
  int32_t *exact;          /* [tokens][4 * block], or */
  float *scaled;           /* the same, divided */
  size_t chunk, chunks;    /* rows of `packed` that are done at once, and how many such; or heads of a few tokens */
  const float *q, *keys, *values; /* of attention, below, which fills `scaled` */
  size_t heads, shared, head, wide, room, begin;
} Job;

/* ── what a processor has ─────────────────────────────────────────────────────────────────────────────────────────── */

static int32_t look_for(int32_t path) {
  if (path == PORTABLE) return 1;
#if X86
  unsigned a, b, c, d, low, high;
  if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & (1u << 27))) return 0; /* OSXSAVE */
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0x06) != 0x06 || !__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  int avx2 = (b >> 5) & 1;
  if (path == AVX2) return avx2;
  if (path == AVX512) /* F, BW, VNNI, and an operating system that keeps the wide registers */
    return (low & 0xe6) == 0xe6 && ((b >> 16) & 1) && ((b >> 30) & 1) && ((c >> 11) & 1) && avx2;
  if (path == AVXVNNI) return avx2 && __get_cpuid_count(7, 1, &a, &b, &c, &d) && ((a >> 4) & 1);
#else
  (void)path;
#endif
  return 0;
}

/* Looked for once: a virtual machine takes 30 microseconds over each CPUID. */
int32_t nis_ternary_has(int32_t path) {
  static _Atomic int32_t known[4]; /* 0: not yet; 1: no; 2: yes */
  if (path < 0 || path > AVX512) return 0;
  int32_t found = atomic_load_explicit(&known[path], memory_order_relaxed);
  if (!found) atomic_store_explicit(&known[path], found = 1 + look_for(path), memory_order_relaxed);
  return found == 2;
}

/* ── results of one packed row for one token: four sums ───────────────────────────────────────────────────────────── */

STEP_INLINE void put(const Job *job, size_t row, size_t token, int32_t s0, int32_t s1, int32_t s2, int32_t s3) {
  int32_t less = job->sums[token];
  size_t at = token * 4 * job->block + row, block = job->block;
  s0 -= less, s1 -= less, s2 -= less, s3 -= less;
  if (job->exact) {
    int32_t *out = job->exact + at;
    out[0] = s0, out[block] = s1, out[2 * block] = s2, out[3 * block] = s3;
  } else {
    float *out = job->scaled + at, divisor = job->scales[token] * job->weight;
    out[0] = (float)s0 / divisor, out[block] = (float)s1 / divisor;
    out[2 * block] = (float)s2 / divisor, out[3 * block] = (float)s3 / divisor;
  }
}

/* Lanes of int16, which compilers turn into whatever vectors there are: 85 products of at most 3 by 128 fit. */
#define LANES 32
#define SHALLOW 64

static void rows_portable(const Job *job, size_t first, size_t last) {
  size_t columns = job->columns, whole = columns - columns % LANES;
  for (size_t row = first; row < last; row++) {
    const uint8_t *packed = job->packed + row * columns;
    for (size_t token = 0; token < job->tokens; token++) {
      const int8_t *x = job->x + token * columns;
      int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
      size_t k = 0;
      while (k < whole) {
        int16_t c0[LANES] = {0}, c1[LANES] = {0}, c2[LANES] = {0}, c3[LANES] = {0};
        size_t end = k + LANES * SHALLOW < whole ? k + LANES * SHALLOW : whole;
        for (; k < end; k += LANES)
          for (size_t j = 0; j < LANES; j++) {
            int16_t p = packed[k + j], v = x[k + j];
            c0[j] += (int16_t)(p & 3) * v, c1[j] += (int16_t)(p >> 2 & 3) * v;
            c2[j] += (int16_t)(p >> 4 & 3) * v, c3[j] += (int16_t)(p >> 6) * v;
          }
        for (size_t j = 0; j < LANES; j++) s0 += c0[j], s1 += c1[j], s2 += c2[j], s3 += c3[j];
      }
      for (; k < columns; k++) {
        int32_t p = packed[k], v = x[k];
        s0 += (p & 3) * v, s1 += (p >> 2 & 3) * v, s2 += (p >> 4 & 3) * v, s3 += (p >> 6) * v;
      }
      put(job, row, token, s0, s1, s2, s3);
    }
  }
}

#if X86

/* ── dot products of four bytes at once (VNNI) ────────────────────────────────────────────────────────────────────────
 *
 * dpbusd multiplies unsigned by signed bytes and adds four products to an int32, so nothing has to be shifted: the codes of
 * bits 2-3 weigh 4 where they stand, those of bits 4-5 weigh 16. The whole byte is the sum of all four, so the last is what
 * is left of it: three masks and four products for 4 weights in each byte. R rows and T tokens share what is loaded.
 */

#define FOUR_SUMS(A)                                                                                        \
  do {                                                                                                      \
    int32_t s0 = (A)[0], s1 = (A)[1], s2 = (A)[2];                                                          \
    put(job, row + r, token + t, s0, s1 / 4, s2 / 16, ((A)[3] - s0 - s1 - s2) / 64);                        \
  } while (0)

/* Bytes: a page ahead, where the processor itself does not look. It asks for nothing: what is not there is passed over. */
#define AHEAD 4096

#define ON512 __attribute__((target("avx2,avx512f,avx512bw,avx512vnni")))

STEP_INLINE ON512 void step512(__m512i *a, __m512i p, __m512i x, __m512i m0, __m512i m1, __m512i m2) {
  a[0] = _mm512_dpbusd_epi32(a[0], _mm512_and_si512(p, m0), x);
  a[1] = _mm512_dpbusd_epi32(a[1], _mm512_and_si512(p, m1), x);
  a[2] = _mm512_dpbusd_epi32(a[2], _mm512_and_si512(p, m2), x);
  a[3] = _mm512_dpbusd_epi32(a[3], p, x);
}

STEP_INLINE ON512 __m128i four512(const __m512i *a) {
  __m256i h[4];
#pragma GCC unroll 4
  for (int j = 0; j < 4; j++) h[j] = _mm256_add_epi32(_mm512_castsi512_si256(a[j]), _mm512_extracti64x4_epi64(a[j], 1));
  __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(h[0], h[1]), _mm256_hadd_epi32(h[2], h[3]));
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

#define TILE_512(NAME, R, T)                                                                                \
  STEP_INLINE ON512 void NAME(const Job *job, size_t row, size_t token) {                                   \
    size_t columns = job->columns, whole = columns & ~(size_t)63;                                           \
    const uint8_t *packed = job->packed + row * columns;                                                    \
    const int8_t *x = job->x + token * columns;                                                             \
    const __m512i m0 = _mm512_set1_epi8(3), m1 = _mm512_set1_epi8(12), m2 = _mm512_set1_epi8(48);           \
    __m512i a[R][T][4];                                                                                     \
    _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                     \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                 \
            _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++) a[r][t][j] = _mm512_setzero_si512();        \
    for (size_t k = 0; k < whole; k += 64) {                                                                \
      __m512i v[T];                                                                                         \
      _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) v[t] = _mm512_loadu_si512(x + t * columns + k);   \
      _Pragma("GCC unroll 4") for (int r = 0; r < R; r++) {                                                 \
        __m512i p = _mm512_loadu_si512(packed + r * columns + k);                                           \
        if (T == 1) _mm_prefetch((const char *)(packed + r * columns + k) + AHEAD, _MM_HINT_T0);            \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) step512(a[r][t], p, v[t], m0, m1, m2);          \
      }                                                                                                     \
    }                                                                                                       \
    if (whole < columns) {                                                                                  \
      __mmask64 rest = ((__mmask64)1 << (columns - whole)) - 1;                                             \
      _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                   \
          _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) step512(                                      \
              a[r][t], _mm512_maskz_loadu_epi8(rest, packed + r * columns + whole),                         \
              _mm512_maskz_loadu_epi8(rest, x + t * columns + whole), m0, m1, m2);                          \
    }                                                                                                       \
    _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                     \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) {                                               \
      int32_t s[4];                                                                                         \
      _mm_storeu_si128((__m128i *)s, four512(a[r][t]));                                                     \
      FOUR_SUMS(s);                                                                                         \
    }                                                                                                       \
  }

TILE_512(tile512_2x1, 2, 1)
TILE_512(tile512_1x1, 1, 1)
TILE_512(tile512_1x4, 1, 4)

ON512 static void rows_512(const Job *job, size_t first, size_t last) {
  size_t token = 0;
  for (; token + TILE <= job->tokens; token += TILE)
    for (size_t row = first; row < last; row++) tile512_1x4(job, row, token);
  for (; token < job->tokens; token++) {
    size_t row = first;
    for (; row + 2 <= last; row += 2) tile512_2x1(job, row, token);
    for (; row < last; row++) tile512_1x1(job, row, token);
  }
}

/* What is left of a row when 32 do not fit: the same bytes, and zeros. */
typedef union {
  __m256i all;
  uint8_t bytes[32];
} Rest;

#define ONVNNI __attribute__((target("avx2,avxvnni")))

STEP_INLINE ONVNNI void stepvnni(__m256i *a, __m256i p, __m256i x, __m256i m0, __m256i m1, __m256i m2) {
  a[0] = _mm256_dpbusd_avx_epi32(a[0], _mm256_and_si256(p, m0), x);
  a[1] = _mm256_dpbusd_avx_epi32(a[1], _mm256_and_si256(p, m1), x);
  a[2] = _mm256_dpbusd_avx_epi32(a[2], _mm256_and_si256(p, m2), x);
  a[3] = _mm256_dpbusd_avx_epi32(a[3], p, x);
}

#define ON256 __attribute__((target("avx2")))

STEP_INLINE ON256 __m128i four256(const __m256i *a) {
  __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a[0], a[1]), _mm256_hadd_epi32(a[2], a[3]));
  return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

STEP_INLINE ON256 __m256i rest256(const void *from, size_t many) {
  Rest rest = {.all = _mm256_setzero_si256()};
  memcpy(rest.bytes, from, many);
  return rest.all;
}

#define TILE_VNNI(NAME, R, T)                                                                               \
  STEP_INLINE ONVNNI void NAME(const Job *job, size_t row, size_t token) {                                  \
    size_t columns = job->columns, whole = columns & ~(size_t)31;                                           \
    const uint8_t *packed = job->packed + row * columns;                                                    \
    const int8_t *x = job->x + token * columns;                                                             \
    const __m256i m0 = _mm256_set1_epi8(3), m1 = _mm256_set1_epi8(12), m2 = _mm256_set1_epi8(48);           \
    __m256i a[R][T][4];                                                                                     \
    _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                     \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                 \
            _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++) a[r][t][j] = _mm256_setzero_si256();        \
    for (size_t k = 0; k < whole; k += 32) {                                                                \
      _Pragma("GCC unroll 4") for (int r = 0; r < R; r++) {                                                 \
        __m256i p = _mm256_loadu_si256((const __m256i *)(packed + r * columns + k));                        \
        if (T == 1) _mm_prefetch((const char *)(packed + r * columns + k) + AHEAD, _MM_HINT_T0);            \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) stepvnni(                                       \
            a[r][t], p, _mm256_loadu_si256((const __m256i *)(x + t * columns + k)), m0, m1, m2);            \
      }                                                                                                     \
    }                                                                                                       \
    if (whole < columns) {                                                                                  \
      _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                   \
          _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) stepvnni(                                     \
              a[r][t], rest256(packed + r * columns + whole, columns - whole),                              \
              rest256(x + t * columns + whole, columns - whole), m0, m1, m2);                               \
    }                                                                                                       \
    _Pragma("GCC unroll 4") for (int r = 0; r < R; r++)                                                     \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) {                                               \
      int32_t s[4];                                                                                         \
      _mm_storeu_si128((__m128i *)s, four256(a[r][t]));                                                     \
      FOUR_SUMS(s);                                                                                         \
    }                                                                                                       \
  }

TILE_VNNI(tilevnni_2x1, 2, 1)
TILE_VNNI(tilevnni_1x2, 1, 2)
TILE_VNNI(tilevnni_1x1, 1, 1)

ONVNNI static void rows_vnni(const Job *job, size_t first, size_t last) {
  size_t token = 0;
  for (; token + 2 <= job->tokens; token += 2)
    for (size_t row = first; row < last; row++) tilevnni_1x2(job, row, token);
  for (; token < job->tokens; token++) {
    size_t row = first;
    for (; row + 2 <= last; row += 2) tilevnni_2x1(job, row, token);
    for (; row < last; row++) tilevnni_1x1(job, row, token);
  }
}

/* ── pairs of products in int16 (AVX2) ────────────────────────────────────────────────────────────────────────────────
 *
 * maddubs adds two products to an int16: a code of at most 3 by 128, twice, is 768, or 3072 where it weighs 4. Ten steps of
 * the latter fit, of which eight are taken; then both kinds are widened. The upper half of each byte is shifted down once.
 */

#define DEEP 8

STEP_INLINE ON256 void step256(__m256i *c, __m256i p, __m256i x, __m256i m0, __m256i m1) {
  __m256i q = _mm256_srli_epi16(p, 4);
  c[0] = _mm256_add_epi16(c[0], _mm256_maddubs_epi16(_mm256_and_si256(p, m0), x));
  c[1] = _mm256_add_epi16(c[1], _mm256_maddubs_epi16(_mm256_and_si256(p, m1), x));
  c[2] = _mm256_add_epi16(c[2], _mm256_maddubs_epi16(_mm256_and_si256(q, m0), x));
  c[3] = _mm256_add_epi16(c[3], _mm256_maddubs_epi16(_mm256_and_si256(q, m1), x));
}

#define TILE_256(NAME, T)                                                                                   \
  STEP_INLINE ON256 void NAME(const Job *job, size_t row, size_t token) {                                   \
    size_t columns = job->columns, whole = columns & ~(size_t)31;                                           \
    const uint8_t *packed = job->packed + row * columns;                                                    \
    const int8_t *x = job->x + token * columns;                                                             \
    const __m256i m0 = _mm256_set1_epi8(3), m1 = _mm256_set1_epi8(12), ones = _mm256_set1_epi16(1);         \
    __m256i a[T][4];                                                                                        \
    _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                     \
        _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++) a[t][j] = _mm256_setzero_si256();               \
    for (size_t k = 0; k < columns;) {                                                                      \
      size_t end = k + 32 * DEEP < whole ? k + 32 * DEEP : whole;                                           \
      __m256i c[T][4];                                                                                      \
      _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                   \
          _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++) c[t][j] = _mm256_setzero_si256();             \
      if (k < whole)                                                                                        \
        for (; k < end; k += 32) {                                                                          \
          __m256i p = _mm256_loadu_si256((const __m256i *)(packed + k));                                    \
          if (T == 1) _mm_prefetch((const char *)(packed + k) + AHEAD, _MM_HINT_T0);                        \
          _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                               \
              step256(c[t], p, _mm256_loadu_si256((const __m256i *)(x + t * columns + k)), m0, m1);         \
        }                                                                                                   \
      else {                                                                                                \
        __m256i p = rest256(packed + whole, columns - whole);                                               \
        _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                 \
            step256(c[t], p, rest256(x + t * columns + whole, columns - whole), m0, m1);                    \
        k = columns;                                                                                        \
      }                                                                                                     \
      _Pragma("GCC unroll 4") for (int t = 0; t < T; t++)                                                   \
          _Pragma("GCC unroll 4") for (int j = 0; j < 4; j++)                                               \
              a[t][j] = _mm256_add_epi32(a[t][j], _mm256_madd_epi16(c[t][j], ones));                        \
    }                                                                                                       \
    _Pragma("GCC unroll 4") for (int t = 0; t < T; t++) {                                                   \
      int32_t s[4];                                                                                         \
      _mm_storeu_si128((__m128i *)s, four256(a[t]));                                                        \
      put(job, row, token + t, s[0], s[1] / 4, s[2], s[3] / 4);                                             \
    }                                                                                                       \
  }

TILE_256(tile256_1, 1)
TILE_256(tile256_2, 2)

ON256 static void rows_256(const Job *job, size_t first, size_t last) {
  size_t token = 0;
  for (; token + 2 <= job->tokens; token += 2)
    for (size_t row = first; row < last; row++) tile256_2(job, row, token);
  for (; token < job->tokens; token++)
    for (size_t row = first; row < last; row++) tile256_1(job, row, token);
}

#endif

static void rows_of_chunk(const Job *job, size_t chunk) {
  size_t first = chunk * job->chunk, last = first + job->chunk < job->block ? first + job->chunk : job->block;
#if X86
  if (job->path == AVX512) return rows_512(job, first, last);
  if (job->path == AVXVNNI) return rows_vnni(job, first, last);
  if (job->path == AVX2) return rows_256(job, first, last);
#endif
  rows_portable(job, first, last);
}

/* ── threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────
 *
 * A matrix takes tens of microseconds, less than waking a thread: those that have worked look for more for a while before
 * they sleep. `ticket` is what is left to take: a number of the job, how many threads may take part, and chunks left. Who
 * takes a chunk has the job's memory until it counts it as done, so nobody has to be waited for who has taken none.
 */

#define MOST_THREADS 64
#define LOOKS 4000 /* some 200 microseconds: what passes between two matrices of a layer */
#define SHARE ((size_t)512 * 1024) /* bytes of weights, for each token, that are worth a thread */
#define SEEN ((size_t)1024 * 1024) /* products of attention that are */

static Job job_now;
static _Atomic uint64_t ticket;
static _Atomic uint32_t chunks_done, sleepers;
static uint32_t job_number, workers;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER, sleeping = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static pthread_once_t forks = PTHREAD_ONCE_INIT;

STEP_INLINE void pause_a_moment(void) {
#if X86
  __builtin_ia32_pause();
#else
  __asm__ volatile("" ::: "memory");
#endif
}

STEP_INLINE int open_to(uint64_t seen, uint32_t worker) { return (uint32_t)seen && worker < (seen >> 32 & 0xff); }

static void take_chunks(uint32_t worker) {
  uint64_t seen = atomic_load(&ticket);
  while (open_to(seen, worker))
    if (atomic_compare_exchange_weak(&ticket, &seen, seen - 1)) {
      job_now.chunk_of(&job_now, (uint32_t)seen - 1);
      atomic_fetch_add(&chunks_done, 1);
      seen = atomic_load(&ticket);
    }
}

static void *work(void *number) {
  uint32_t worker = (uint32_t)(uintptr_t)number;
  for (;;) {
    int looked = 0;
    while (!open_to(atomic_load(&ticket), worker) && looked++ < LOOKS) pause_a_moment();
    if (!open_to(atomic_load(&ticket), worker)) {
      pthread_mutex_lock(&sleeping);
      atomic_fetch_add(&sleepers, 1);
      while (!open_to(atomic_load(&ticket), worker)) pthread_cond_wait(&woken, &sleeping);
      atomic_fetch_sub(&sleepers, 1);
      pthread_mutex_unlock(&sleeping);
    }
    take_chunks(worker);
  }
  return NULL;
}

/* A forked process has none of the threads, and whatever state they left. */
static void forget_threads(void) {
  workers = 0;
  atomic_store(&ticket, 0);
  atomic_store(&sleepers, 0);
  pthread_mutex_init(&one_at_a_time, NULL);
  pthread_mutex_init(&sleeping, NULL);
  pthread_cond_init(&woken, NULL);
}

static void watch_forks(void) { pthread_atfork(NULL, NULL, forget_threads); }

static void start_workers(uint32_t wanted) {
  pthread_once(&forks, watch_forks);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
  pthread_attr_setstacksize(&attributes, 256 * 1024);
  while (workers < wanted) {
    pthread_t thread;
    if (pthread_create(&thread, &attributes, work, (void *)(uintptr_t)(workers + 1))) break;
    workers++;
  }
  pthread_attr_destroy(&attributes);
}

/* Do a job's chunks on so many threads, or on as many as that much work is worth. */
static void run(Job *job, size_t threads) {
  /* Another thread of the caller's that has the workers: this one does its own. */
  if (threads < 2 || job->chunks < 2 || pthread_mutex_trylock(&one_at_a_time)) {
    for (size_t chunk = 0; chunk < job->chunks; chunk++) job->chunk_of(job, chunk);
    return;
  }
  start_workers((uint32_t)threads - 1);
  job_now = *job;
  atomic_store(&chunks_done, 0);
  job_number = (job_number + 1) & 0xffffff;
  atomic_store(&ticket, (uint64_t)job_number << 40 | (uint64_t)threads << 32 | job->chunks);
  if (atomic_load(&sleepers)) {
    pthread_mutex_lock(&sleeping);
    pthread_cond_broadcast(&woken);
    pthread_mutex_unlock(&sleeping);
  }
  take_chunks(0);
  /* A worker that has a chunk and no processor gets this one's. */
  for (int looked = 0; atomic_load(&chunks_done) < job->chunks; looked++)
    if (looked < LOOKS) pause_a_moment();
    else sched_yield();
  pthread_mutex_unlock(&one_at_a_time);
}

static size_t worth(size_t threads, size_t work, size_t share) {
  size_t many = work / share;
  if (threads > MOST_THREADS) threads = MOST_THREADS;
  return threads < many ? threads : many ? many : 1;
}

static void run_rows(Job *job, size_t threads) {
  threads = worth(threads, job->block * job->columns * job->tokens, SHARE);
  /* About 32 KB of weights stay near while all tokens pass over them; and each thread gets several chunks. */
  size_t near = 32768 / job->columns + 1, share = (job->block + 4 * threads - 1) / (4 * threads);
  job->chunk = share < near || job->tokens == 1 ? share : near;
  job->chunk += job->chunk & 1;
  job->chunks = (job->block + job->chunk - 1) / job->chunk;
  job->chunk_of = rows_of_chunk;
  run(job, threads);
}

/* ── attention ────────────────────────────────────────────────────────────────────────────────────────────────────────
 *
 * Keys are in blocks of KEYS places, each of `head` rows; `room`, which all blocks have together, is a multiple of KEYS.
 * Values are a row of `wide` for each place, `head` up to the next multiple of LANE.
 */

#define KEYS 64
#define LANE 16
#define MOST_HEAD 512
#define LEAST -3.4e38f
#define FEW 4 /* tokens that pass over the same keys */

#define NAME(of) of##_16
#define VECTOR 16
#define ON
#include "attention.h"

#if X86
#define NAME(of) of##_32
#define VECTOR 32
#define ON ON256
#include "attention.h"

#define NAME(of) of##_64
#define VECTOR 64
#define ON ON512
#include "attention.h"
#endif

/* ── activations to int8 ──────────────────────────────────────────────────────────────────────────────────────────────
 *
 * As transformers does: scale = 127 / max(|x|, 1e-5); x * scale, rounded half to even. The sum of 1.5 * 2^23 and a small
 * number rounds it so, and has the integer in its lowest bits. Largest magnitudes are compared as bits, which for floats
 * without sign are in the same order; infinities and NaN come out on top.
 */

STEP_INLINE int quantise(const float *x, size_t columns, int8_t *out, float *scale, int32_t *sum) {
  int32_t top = 0, total = 0;
  for (size_t k = 0; k < columns; k++) {
    int32_t bits;
    memcpy(&bits, x + k, 4);
    bits &= 0x7fffffff;
    top = bits > top ? bits : top;
  }
  if (top >= 0x7f800000) return NOT_FINITE;
  float most;
  memcpy(&most, &top, 4);
  float factor = 127.0f / (most < 1e-5f ? 1e-5f : most);
  for (size_t k = 0; k < columns; k++) {
    float near = x[k] * factor + 12582912.0f;
    int32_t bits;
    memcpy(&bits, &near, 4);
    out[k] = (int8_t)bits;
  }
  for (size_t k = 0; k < columns; k++) total += out[k];
  *scale = factor, *sum = total;
  return DONE;
}

typedef int (*Quantise)(const float *, size_t, int8_t *, float *, int32_t *);

static int quantise_plain(const float *x, size_t columns, int8_t *out, float *scale, int32_t *sum) {
  return quantise(x, columns, out, scale, sum);
}

#if X86
ON256 static int quantise_256(const float *x, size_t columns, int8_t *out, float *scale, int32_t *sum) {
  return quantise(x, columns, out, scale, sum);
}
#endif

#ifndef NIS_SOURCE
#define NIS_SOURCE ""
#endif

/* ── what kernel.py calls ─────────────────────────────────────────────────────────────────────────────────────────── */

/* The SHA-256 of this file and attention.h as they were compiled. */
const char *nis_ternary_source(void) { return NIS_SOURCE; }

static int fits(int32_t path, size_t bytes, size_t block, size_t columns, size_t tokens) {
  if (!nis_ternary_has(path)) return NO_PATH;
  if (!block || !columns || !tokens || columns > MOST_COLUMNS || block > UINT32_MAX / 8 || tokens > UINT32_MAX / 8)
    return WRONG_SIZE;
  return bytes / columns == block && bytes % columns == 0 ? DONE : WRONG_SIZE;
}

/* Exact sums: out[tokens][4 * block] of x[tokens][columns]. */
int32_t nis_ternary_multiply(int32_t path, const uint8_t *packed, size_t bytes, size_t block, size_t columns,
                             const int8_t *x, size_t tokens, int32_t *sums, int32_t *out, size_t threads) {
  int wrong = fits(path, bytes, block, columns, tokens);
  if (wrong) return wrong;
  for (size_t token = 0; token < tokens; token++) {
    int32_t total = 0;
    for (size_t k = 0; k < columns; k++) total += x[token * columns + k];
    sums[token] = total;
  }
  Job job = {.path = path, .packed = packed, .block = block, .columns = columns, .tokens = tokens, .x = x, .sums = sums};
  job.exact = out;
  run_rows(&job, threads);
  return DONE;
}

/* Activations of x[tokens][columns], their scales and their sums. */
int32_t nis_ternary_quantise(int32_t path, const float *x, size_t tokens, size_t columns, int8_t *out, float *scales,
                             int32_t *sums) {
  if (!nis_ternary_has(path)) return NO_PATH;
  Quantise one = quantise_plain;
#if X86
  if (path != PORTABLE) one = quantise_256;
#endif
  for (size_t token = 0; token < tokens; token++) {
    int wrong = one(x + token * columns, columns, out + token * columns, scales + token, sums + token);
    if (wrong) return wrong;
  }
  return DONE;
}

/* The same as floats: each sum divided by its token's scale times the weights' divisor. */
int32_t nis_ternary_apply(int32_t path, const uint8_t *packed, size_t bytes, size_t block, size_t columns,
                          const int8_t *x, size_t tokens, const int32_t *sums, const float *scales, float weight, float *out,
                          size_t threads) {
  int wrong = fits(path, bytes, block, columns, tokens);
  if (wrong) return wrong;
  Job job = {.path = path, .packed = packed, .block = block, .columns = columns, .tokens = tokens, .x = x, .sums = sums};
  job.scales = scales, job.weight = weight, job.scaled = out;
  run_rows(&job, threads);
  return DONE;
}

/* Attention of new tokens, the first of which stands at `begin`: out[tokens][heads][head] of q, whose scores are scaled
 * already, over keys[heads / shared][room / KEYS][head][KEYS] and values[heads / shared][room][wide], theirs among them. */
int32_t nis_ternary_attend(int32_t path, const float *q, size_t tokens, size_t heads, size_t shared, size_t head,
                           const float *keys, const float *values, size_t room, size_t begin, float *out,
                           size_t threads) {
  if (!nis_ternary_has(path)) return NO_PATH;
  if (!tokens || !head || head > MOST_HEAD || !shared || heads % shared || room % KEYS || begin >= room ||
      tokens > room - begin)
    return WRONG_SIZE;
  Job job = {.path = path, .tokens = tokens, .q = q, .keys = keys, .values = values, .scaled = out};
  job.heads = heads, job.shared = shared, job.head = head, job.wide = (head + LANE - 1) / LANE * LANE;
  job.room = room, job.begin = begin, job.chunk_of = attend_chunk_16;
#if X86
  if (path != PORTABLE) job.chunk_of = path == AVX512 ? attend_chunk_64 : attend_chunk_32;
#endif
  job.chunks = (tokens + FEW - 1) / FEW * heads;
  run(&job, worth(threads, tokens * heads * head * (begin + tokens / 2), SEEN));
  return DONE;
}
