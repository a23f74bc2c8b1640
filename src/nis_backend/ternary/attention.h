/* Attention by vectors of VECTOR bytes; kernel.c includes this once for each width that a processor may have.
 *
 * One token's head over the keys before it and its own, KEYS at a time with the largest score so far (Milakov and Gimelshein
 * 2018, arXiv:1805.02867). Every sum has one order, whatever is computed beside it and however wide vectors are: sixteen
 * lanes, no fused products. A block of keys lies transposed, so that its scores are sums of rows. What is read of a block
 * beyond the end is there, and counts for nothing.
 */

#define WIDE (VECTOR / 4)                        /* floats of a vector */
#define EACH (LANE / WIDE)                       /* vectors of sixteen lanes */
#define ALL (4 * EACH)                           /* vectors of a block's scores */
#define NEAR (ALL < 8 ? ALL : 8)                 /* vectors of sums that registers hold */
#define UNROLLED _Pragma("GCC unroll 16")
#define VECTORS NAME(Vectors)
#define STATE NAME(State)
#define WHOLE NAME(Whole)
#define ANYWHERE NAME(Anywhere)
#define LOAD(p) ((VECTORS)(*(const ANYWHERE *)(p)))
#define STORE(p, v) (*(ANYWHERE *)(p) = (ANYWHERE)(v))

typedef float VECTORS __attribute__((vector_size(VECTOR)));
typedef int32_t WHOLE __attribute__((vector_size(VECTOR)));
typedef float ANYWHERE __attribute__((vector_size(VECTOR), aligned(4), may_alias));

/* e to the power of x <= 0, as Cephes' expf (Moshier 1992) has it; 0 below -87. */
#define EXP(x)                                                                                              \
  ({                                                                                                        \
    VECTORS x_ = (x), n_ = x_ * 1.44269504f + 12582912.0f, near_ = n_ - 12582912.0f;                          \
    VECTORS r_ = x_ - near_ * 0.693359375f - near_ * -2.12194440e-4f;                                         \
    VECTORS p_ = 1.9875691500e-4f * r_ + 1.3981999507e-3f;                                                    \
    p_ = (p_ * r_ + 8.3334519073e-3f) * r_ + 4.1665795894e-2f;                                              \
    p_ = (p_ * r_ + 1.6666665459e-1f) * r_ + 5.0000001201e-1f;                                              \
    p_ = p_ * r_ * r_ + r_ + 1.0f;                                                                          \
    (VECTORS)((WHOLE)(p_ * (VECTORS)(((WHOLE)n_ + 127) << 23)) & (x_ > -87.0f));                                \
  })

/* What one token's head has come to: `mixed` of values, all by e to the power of the score less `best`. */
typedef struct {
  float best, mixed[MOST_HEAD];
  VECTORS total[EACH];
} STATE;

STEP_INLINE ON void NAME(see)(STATE *state, const float *q, const float *keys, const float *values, size_t head, size_t wide,
                              size_t many) {
  float p[KEYS], lanes[WIDE], before = state->best, best = before, *mixed = state->mixed;
  VECTORS s[ALL];
  for (int part = 0; part < ALL; part += NEAR) {
    VECTORS sums[NEAR];
    UNROLLED for (int i = 0; i < NEAR; i++) sums[i] = (VECTORS){0};
    for (size_t d = 0; d < head; d++)
      UNROLLED for (int i = 0; i < NEAR; i++) sums[i] += q[d] * LOAD(keys + d * KEYS + (part + i) * WIDE);
    UNROLLED for (int i = 0; i < NEAR; i++) STORE(p + (part + i) * WIDE, sums[i]);
  }
  for (size_t j = many; j < KEYS; j++) p[j] = LEAST;
  VECTORS most = LOAD(p);
  UNROLLED for (int i = 1; i < ALL; i++) {
    VECTORS one = LOAD(p + i * WIDE);
    most = (VECTORS)(((WHOLE)most & (most > one)) | ((WHOLE)one & ~(most > one)));
  }
  STORE(lanes, most);
  for (int i = 0; i < WIDE; i++) best = lanes[i] > best ? lanes[i] : best;
  VECTORS fade = EXP((VECTORS){0} + (before - best));
  UNROLLED for (int i = 0; i < ALL; i++) {
    s[i] = EXP(LOAD(p + i * WIDE) - best);
    STORE(p + i * WIDE, s[i]);
  }
  UNROLLED for (int i = 0; i < EACH; i++) {
    VECTORS pair = s[i] + s[EACH + i], other = s[2 * EACH + i] + s[3 * EACH + i];
    state->total[i] = state->total[i] * fade + (pair + other);
  }
  size_t d = 0;
  for (; d + NEAR * WIDE <= wide; d += NEAR * WIDE) {
    VECTORS m[NEAR];
    UNROLLED for (int i = 0; i < NEAR; i++) m[i] = LOAD(mixed + d + i * WIDE) * fade;
    for (size_t j = 0; j < many; j++)
      UNROLLED for (int i = 0; i < NEAR; i++) m[i] += p[j] * LOAD(values + j * wide + d + i * WIDE);
    UNROLLED for (int i = 0; i < NEAR; i++) STORE(mixed + d + i * WIDE, m[i]);
  }
  for (; d < wide; d += WIDE) {
    VECTORS m = LOAD(mixed + d) * fade;
    for (size_t j = 0; j < many; j++) m += p[j] * LOAD(values + j * wide + d);
    STORE(mixed + d, m);
  }
  state->best = best;
}

/* A chunk is one head of a few tokens, which see a block while it is near. */
ON static void NAME(attend_chunk)(const Job *job, size_t chunk) {
  size_t first = chunk / job->heads * FEW, number = chunk % job->heads, head = job->head, wide = job->wide;
  size_t last = first + FEW < job->tokens ? first + FEW : job->tokens;
  const float *keys = job->keys + number / job->shared * head * job->room;
  const float *values = job->values + number / job->shared * wide * job->room;
  STATE states[FEW];
  memset(states, 0, sizeof states);
  for (size_t token = first; token < last; token++) states[token - first].best = LEAST;
  for (size_t at = 0; at < job->begin + last; at += KEYS)
    for (size_t token = first; token < last; token++) {
      size_t end = job->begin + token + 1;
      if (at < end)
        NAME(see)(states + (token - first), job->q + (token * job->heads + number) * head, keys + at * head,
                  values + at * wide, head, wide, end - at < KEYS ? end - at : KEYS);
    }
  for (size_t token = first; token < last; token++) {
    const STATE *state = states + (token - first);
    float lanes[LANE], *out = job->scaled + (token * job->heads + number) * head;
    UNROLLED for (int i = 0; i < EACH; i++) STORE(lanes + i * WIDE, state->total[i]);
    for (int half = LANE / 2; half; half /= 2)
      for (int j = 0; j < half; j++) lanes[j] += lanes[j + half];
    for (size_t d = 0; d < head; d++) out[d] = state->mixed[d] / lanes[0];
  }
}

#undef WIDE
#undef EACH
#undef ALL
#undef NEAR
#undef UNROLLED
#undef VECTORS
#undef STATE
#undef WHOLE
#undef ANYWHERE
#undef LOAD
#undef STORE
#undef EXP
#undef VECTOR
#undef NAME
#undef ON
