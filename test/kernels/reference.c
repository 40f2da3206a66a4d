/* The algorithms of bench/kernels once more. Usage: reference NAME N; prints the checksum. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef uint64_t u64;
typedef uint32_t u32;
typedef uint8_t u8;

static u64 step(u64 *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return *state >> 33;
}

static u64 bits(double x) {
  u64 out;
  memcpy(&out, &x, 8);
  return out;
}

static u64 sieve(u64 n) {
  enum { LIMIT = 32768 };
  static u8 flags[LIMIT];
  u64 sum = 0;
  for (u64 round = 0; round < n; round++) {
    memset(flags, 1, LIMIT);
    for (u64 i = 2; i < LIMIT; i++) {
      if (!flags[i]) continue;
      sum += i ^ round;
      for (u64 k = 2 * i; k < LIMIT; k += i) flags[k] = 0;
    }
  }
  return sum;
}

static u64 nbody(u64 n) {
  double s[5][7] = {
    {0, 0, 0, 0, 0, 0, 1},
    {4.84143144246472, -1.16032004402743, -0.103622044471123, 0.00166007664274404, 0.00769901118419740, -0.0000690460016972063, 0.000954791938424327},
    {8.34336671824458, 4.12479856412430, -0.403523417114321, -0.00276742510726411, 0.00499852801234917, 0.0000230417297573764, 0.000285885980666131},
    {12.8943695621391, -15.1111514016986, -0.223307578892656, 0.00296460137564762, 0.00237847173959481, -0.0000296589568540238, 0.0000436624404335156},
    {15.3796971148509, -25.9193146099879, 0.179258772950371, 0.00268067772490389, 0.00162824170038242, -0.0000951592254519716, 0.0000515138902046611},
  };
  for (int b = 0; b < 5; b++) {
    for (int k = 3; k < 6; k++) s[b][k] *= 365.24;
    s[b][6] *= 4 * 3.141592653589793 * 3.141592653589793;
  }
  for (u64 round = 0; round < n; round++) {
    for (int p = 0; p < 5; p++)
      for (int q = p + 1; q < 5; q++) {
        double d[3], square;
        for (int k = 0; k < 3; k++) d[k] = s[p][k] - s[q][k];
        square = d[0] * d[0] + d[1] * d[1] + d[2] * d[2];
        double force = 0.01 / (square * sqrt(square));
        double mine = s[p][6] * force, other = s[q][6] * force;
        for (int k = 0; k < 3; k++) {
          s[p][3 + k] -= d[k] * other;
          s[q][3 + k] += d[k] * mine;
        }
      }
    for (int p = 0; p < 5; p++)
      for (int k = 0; k < 3; k++) s[p][k] += s[p][3 + k] * 0.01;
  }
  double sum = 0;
  for (int p = 0; p < 5; p++)
    for (int k = 0; k < 6; k++) sum += s[p][k];
  return bits(sum);
}

static u64 mandelbrot(u64 n) {
  u64 sum = 0;
  double width = 2.0 / (double)n;
  for (u64 row = 0; row < n; row++)
    for (u64 column = 0; column < n; column++) {
      double cr = (double)column * width - 1.5, ci = (double)row * width - 1, zr = 0, zi = 0;
      u64 i = 0;
      for (; i < 50; i++) {
        double rr = zr * zr, ii = zi * zi;
        if (rr + ii > 4) break;
        zi = zr * zi * 2 + ci;
        zr = rr - ii + cr;
      }
      sum = sum * 31 + i;
    }
  return sum;
}

static u64 matmul(u64 n) {
  double *a = malloc(n * n * 8), *b = malloc(n * n * 8), *c = calloc(n * n, 8);
  for (u64 i = 0; i < n * n; i++) {
    a[i] = (double)(i & 63);
    b[i] = (double)(int64_t)(((i * 7) & 31) - 15);
  }
  for (u64 i = 0; i < n; i++)
    for (u64 k = 0; k < n; k++)
      for (u64 j = 0; j < n; j++) c[i * n + j] += a[i * n + k] * b[k * n + j];
  u64 sum = 0;
  for (u64 i = 0; i < n * n; i++) sum = sum * 31 + bits(c[i]);
  return sum;
}

static u32 ror(u32 x, int k) { return x >> k | x << (32 - k); }

static const u32 initial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                               0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

static void fill(u8 *p, u64 n) {
  u64 state = 5;
  for (u64 i = 0; i < n; i++) p[i] = (u8)step(&state);
}

static u64 words(const u32 *h) {
  u64 sum = 0;
  for (int i = 0; i < 8; i++) sum = sum * 0x100000001b3u + h[i];
  return sum;
}

static u64 sha256(u64 n) {
  u8 data[1024];
  u32 constants[64], w[64], h[8];
  fill(data, sizeof data);
  for (int k = 0, p = 2; k < 64; p++) {
    int prime = 1;
    for (int d = 2; d * d <= p; d++) prime &= p % d != 0;
    if (prime) constants[k++] = (u32)(u64)floorl(cbrtl(p) * 4294967296.0L);
  }
  memcpy(h, initial, sizeof h);
  for (u64 block = 0; block < n; block++) {
    const u8 *p = data + 64 * (block & 15);
    for (int i = 0; i < 16; i++)
      w[i] = (u32)p[4 * i] << 24 | (u32)p[4 * i + 1] << 16 | (u32)p[4 * i + 2] << 8 | p[4 * i + 3];
    for (int i = 16; i < 64; i++) {
      u32 x = w[i - 15], y = w[i - 2];
      w[i] = w[i - 16] + (ror(x, 7) ^ ror(x, 18) ^ x >> 3) + w[i - 7] + (ror(y, 17) ^ ror(y, 19) ^ y >> 10);
    }
    u32 v[8];
    memcpy(v, h, sizeof v);
    for (int i = 0; i < 64; i++) {
      u32 a = v[0], e = v[4];
      u32 t1 = v[7] + (ror(e, 6) ^ ror(e, 11) ^ ror(e, 25)) + ((e & v[5]) ^ (~e & v[6])) + constants[i] + w[i];
      u32 t2 = (ror(a, 2) ^ ror(a, 13) ^ ror(a, 22)) + ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));
      memmove(v + 1, v, 28);
      v[4] += t1;
      v[0] = t1 + t2;
    }
    for (int i = 0; i < 8; i++) h[i] += v[i];
  }
  return words(h);
}

static u64 blake2s(u64 n) {
  static const u8 sigma[10][16] = {
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}, {14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3},
    {11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4}, {7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8},
    {9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13}, {2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9},
    {12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11}, {13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10},
    {6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5}, {10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0},
  };
  u8 data[1024];
  u32 h[8];
  fill(data, sizeof data);
  memcpy(h, initial, sizeof h);
  h[0] ^= 0x01010020;
  for (u64 block = 0; block < n; block++) {
    u32 m[16], v[16];
    memcpy(m, data + 64 * (block & 15), 64);
    memcpy(v, h, 32);
    memcpy(v + 8, initial, 32);
    v[12] ^= (u32)((block + 1) << 6);
    v[13] ^= (u32)((block + 1) << 6 >> 32);
    for (int round = 0; round < 10; round++)
      for (int k = 0; k < 8; k++) {
        int shift = k / 4;
        u32 *a = v + k % 4, *b = v + 4 + (k + shift) % 4, *c = v + 8 + (k + 2 * shift) % 4, *d = v + 12 + (k + 3 * shift) % 4;
        *a += *b + m[sigma[round][2 * k]];
        *d = ror(*d ^ *a, 16);
        *c += *d;
        *b = ror(*b ^ *c, 12);
        *a += *b + m[sigma[round][2 * k + 1]];
        *d = ror(*d ^ *a, 8);
        *c += *d;
        *b = ror(*b ^ *c, 7);
      }
    for (int k = 0; k < 8; k++) h[k] ^= v[k] ^ v[8 + k];
  }
  return words(h);
}

static u64 base64(u64 n) {
  enum { BYTES = 12288 };
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  static u8 data[BYTES], text[BYTES / 3 * 4], values[256];
  fill(data, BYTES);
  for (int i = 0; i < 64; i++) values[(u8)digits[i]] = (u8)i;
  u64 sum = 0;
  for (u64 round = 0; round < n; round++) {
    for (int i = 0, o = 0; i < BYTES; i += 3) {
      u32 w = (u32)data[i] << 16 | (u32)data[i + 1] << 8 | data[i + 2];
      for (int k = 18; k >= 0; k -= 6) text[o++] = (u8)digits[w >> k & 63];
    }
    for (int i = 0, o = 0; i < BYTES; i += 3) {
      u32 w = 0;
      for (int k = 0; k < 4; k++) w = w << 6 | values[text[o++]];
      sum = sum * 31 + w;
      data[i] = (u8)((w >> 16) + 1);
      data[i + 1] = (u8)(w >> 8);
      data[i + 2] = (u8)w;
    }
  }
  return sum;
}

static u64 validate(const u8 *data, u64 bytes) {
  u64 at = 0, count = 0;
  while (at < bytes) {
    u8 b = data[at];
    int more = b < 0x80 ? 0 : b < 0xc2 ? -1 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : b < 0xf5 ? 3 : -1;
    if (more < 0 || at + (u64)more >= bytes) return ~at;
    for (int k = 1; k <= more; k++)
      if ((data[at + (u64)k] & 0xc0) != 0x80) return ~at;
    u8 low = b == 0xe0 ? 0xa0 : b == 0xf0 ? 0x90 : 0x80, high = b == 0xed ? 0x9f : b == 0xf4 ? 0x8f : 0xbf;
    if (more > 0 && (data[at + 1] < low || data[at + 1] > high)) return ~at;
    at += (u64)more + 1;
    count++;
  }
  return count;
}

static u64 utf8(u64 n) {
  enum { BYTES = 16384 };
  static u8 data[BYTES];
  u64 state = 3, sum = 0;
  for (u64 at = 0; at < BYTES;) {
    u64 kind = step(&state) & 7;
    if (kind < 5 || BYTES - at < 4) {
      data[at++] = step(&state) & 127;
      continue;
    }
    if (kind == 5) data[at++] = (u8)((step(&state) & 15) + 0xc2);
    if (kind == 6) data[at++] = (u8)((step(&state) & 7) + 0xe1);
    if (kind == 7) data[at++] = (u8)((step(&state) & 1) + 0xf1);
    for (u64 k = 4; k < kind; k++) data[at++] = (u8)((step(&state) & 63) | 128);
  }
  for (u64 round = 0; round < n; round++) sum = sum * 31 + validate(data, BYTES);
  for (u64 k = 0; k < 16; k++) {
    data[(15 - k) * 1000 + 500] = (u8)(k * 17);
    sum = sum * 31 + validate(data, BYTES);
  }
  return sum;
}

static int compare(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return (x > y) - (x < y);
}

static u64 quicksort(u64 n) {
  u64 *a = malloc(n * 8), state = 42, sum = 0;
  for (u64 i = 0; i < n; i++) a[i] = step(&state);
  qsort(a, n, 8, compare);
  for (u64 i = 0; i < n; i++) sum = sum * 31 + a[i];
  return sum;
}

static u64 binary_trees(u64 n) {
  u64 sum = 0;
  for (u64 i = 0; i < n; i++) sum = sum * 3 + 4095 + i;
  return sum;
}

static u64 hash_table(u64 n) {
  enum { PLACES = 16384 };
  static u64 table[PLACES][2];
  u64 state = 99, sum = 0;
  for (u64 i = 0; i < n; i++) {
    u64 key = (step(&state) & 8191) + 1;
    u64 hash = key * 0x9e3779b97f4a7c15u >> 50;
    for (; table[hash][0] != 0 && table[hash][0] != key; hash = (hash + 1) % PLACES) sum++;
    table[hash][0] = key;
    table[hash][1]++;
  }
  for (int i = 0; i < PLACES; i++) sum = sum * 31 + table[i][0] + table[i][1];
  return sum;
}

static u64 crc32(u64 n) {
  enum { BYTES = 16384 };
  static u8 data[BYTES];
  fill(data, BYTES);
  u32 crc = ~0u;
  for (u64 round = 0; round < n; round++)
    for (int i = 0; i < BYTES; i++) {
      crc ^= data[i];
      for (int k = 0; k < 8; k++) crc = crc >> 1 ^ (crc & 1 ? 0xedb88320 : 0);
    }
  return (u32)~crc;
}

static u64 fft(u64 n) {
  enum { SIZE = 1024 };
  static double re[SIZE], im[SIZE];
  u64 state = 7, sum = 0;
  for (int i = 0; i < SIZE; i++) re[i] = (double)(step(&state) & 1023);
  for (u64 round = 0; round < n; round++) {
    for (int i = 0; i < SIZE; i++) {
      int j = 0;
      for (int k = 0; k < 10; k++) j |= (i >> k & 1) << (9 - k);
      if (i >= j) continue;
      double x = re[i], y = im[i];
      re[i] = re[j], im[i] = im[j];
      re[j] = x, im[j] = y;
    }
    double cosine = -1, sine = 0;
    for (int half = 1; half < SIZE; half *= 2) {
      for (int start = 0; start < SIZE; start += 2 * half) {
        double wr = 1, wi = 0;
        for (int a = start; a < start + half; a++) {
          int b = a + half;
          double tr = re[b] * wr - im[b] * wi, ti = re[b] * wi + im[b] * wr;
          re[b] = re[a] - tr, im[b] = im[a] - ti;
          re[a] += tr, im[a] += ti;
          double next = wr * cosine - wi * sine;
          wi = wr * sine + wi * cosine;
          wr = next;
        }
      }
      sine = sqrt(0.5 - cosine * 0.5);
      cosine = sqrt(0.5 + cosine * 0.5);
    }
    for (int i = 0; i < SIZE; i++) re[i] *= 1.0 / 32, im[i] *= 1.0 / 32;
  }
  for (int i = 0; i < SIZE; i++) sum = sum * 31 + bits(re[i]) + bits(im[i]);
  return sum;
}

static u64 string_search(u64 n) {
  enum { BYTES = 32768, LENGTH = 12 };
  static u8 text[BYTES];
  u64 state = 11, sum = 0;
  for (int i = 0; i < BYTES; i++) text[i] = (u8)((step(&state) & 3) + 97);
  for (u64 round = 0; round < n; round++) {
    const u8 *pattern = text + (((round * 7919 & (BYTES - 1)) - LENGTH) & (BYTES / 2 - 1)) + BYTES / 4;
    for (u64 at = 0; at <= BYTES - LENGTH; at++)
      if (memcmp(text + at, pattern, LENGTH) == 0) sum = sum * 31 + at;
  }
  return sum;
}

static u64 scan(const char *text) {
  u64 depth = 0, sum = 0;
  while (*text) {
    char c = *text++;
    if (c == '"') {
      const char *start = text;
      for (; *text != '"'; text++) text += *text == '\\';
      text++;
      sum += (u64)(text - start);
    } else if (c >= '0' && c <= '9') {
      char *end;
      sum += strtoull(text - 1, &end, 10);
      text = end;
    } else if (c == '{' || c == '[') depth++;
    else if (c == '}' || c == ']') sum += depth--;
  }
  return (sum << 8) + depth;
}

static u64 json_scan(u64 n) {
  static const char object[] =
    "{\"id\": 4711, \"name\": \"a \\\"quoted\\\" name\", \"tags\": [\"x\", \"yy\", \"zzz\"], \"size\": {\"w\": 640, \"h\": -480}, "
    "\"on\": true, \"none\": null, \"list\": [1, 22, 333, 4444, 55555, [6, [7, [8]]]]},\n";
  static char text[64 * sizeof object];
  for (int i = 0; i < 64; i++) strcat(text, object);
  u64 sum = 0;
  for (u64 round = 0; round < n; round++) sum = sum * 31 + scan(text);
  return sum;
}

static u64 bigmul(u64 n) {
  enum { WORDS = 64 };
  u64 a[WORDS], state = 1, sum = 0;
  for (int i = 0; i < WORDS; i++) a[i] = step(&state) * 6364136223846793005u | 1;
  for (u64 round = 0; round < n; round++) {
    u64 product[2 * WORDS] = {0};
    for (int i = 0; i < WORDS; i++) {
      unsigned __int128 carry = 0;
      for (int j = 0; j < WORDS; j++) {
        carry += (unsigned __int128)a[i] * a[j] + product[i + j];
        product[i + j] = (u64)carry;
        carry >>= 64;
      }
      product[i + WORDS] = (u64)carry;
    }
    for (int i = 0; i < WORDS; i++) a[i] = product[i] ^ product[i + WORDS];
  }
  for (int i = 0; i < WORDS; i++) sum = sum * 31 + a[i];
  return sum;
}

static void spectral_multiply(u64 n, const double *from, double *to, int transposed) {
  for (u64 i = 0; i < n; i++) {
    to[i] = 0;
    for (u64 j = 0; j < n; j++)
      to[i] += from[j] / (double)((i + j) * (i + j + 1) / 2 + (transposed ? j : i) + 1);
  }
}

static u64 spectral_norm(u64 n) {
  double *u = malloc(n * 8), *v = malloc(n * 8), *t = malloc(n * 8), uv = 0, vv = 0;
  for (u64 i = 0; i < n; i++) u[i] = 1;
  for (int k = 0; k < 10; k++) {
    spectral_multiply(n, u, t, 0);
    spectral_multiply(n, t, v, 1);
    spectral_multiply(n, v, t, 0);
    spectral_multiply(n, t, u, 1);
  }
  for (u64 i = 0; i < n; i++) uv += u[i] * v[i], vv += v[i] * v[i];
  return bits(sqrt(uv / vv));
}

static u64 place(u64 n, u64 row, const u64 *queens) {
  if (row == n) return 1;
  u64 count = 0, next[32];
  memcpy(next, queens, row * sizeof *queens);
  for (u64 column = 0; column < n; column++) {
    int free = 1;
    for (u64 r = 0; r < row; r++)
      free &= queens[r] != column && queens[r] + row - r != column && queens[r] != column + row - r;
    next[row] = column;
    if (free) count += place(n, row + 1, next);
  }
  return count;
}

static u64 nqueens(u64 n) { return place(n, 0, (u64[]){0}); }

static u64 fannkuch(u64 n) {
  u64 p[16], q[16], count[16], left = n, parity = 0, most = 0, sum = 0;
  for (u64 i = 0; i < n; i++) p[i] = i;
  for (;;) {
    for (; left != 1; left--) count[left - 1] = left;
    memcpy(q, p, sizeof q);
    u64 flips = 0;
    for (; q[0] != 0; flips++)
      for (u64 i = 0, j = q[0]; i < j; i++, j--) {
        u64 x = q[i];
        q[i] = q[j];
        q[j] = x;
      }
    if (flips > most) most = flips;
    sum += parity ? -flips : flips;
    parity ^= 1;
    for (;; left++) {
      if (left == n) return sum * 1000 + most;
      u64 head = p[0];
      memmove(p, p + 1, left * 8);
      p[left] = head;
      if (--count[left] > 0) break;
    }
  }
}

static u64 bytecode(u64 n) {
  u64 sum = 17;
  for (u64 i = 0; i < n; i++) {
    sum = sum * 3 + i;
    if (i & 1) sum ^= sum >> 3;
    else sum -= 3;
  }
  return sum;
}

int main(int argc, char **argv) {
  static const struct {
    const char *name;
    u64 (*run)(u64);
  } kernels[] = {
    {"sieve", sieve}, {"nbody", nbody}, {"mandelbrot", mandelbrot}, {"matmul", matmul},
    {"sha256", sha256}, {"blake2s", blake2s}, {"base64", base64}, {"utf8", utf8},
    {"quicksort", quicksort}, {"binary-trees", binary_trees}, {"hash-table", hash_table}, {"crc32", crc32},
    {"fft", fft}, {"string-search", string_search}, {"json-scan", json_scan}, {"bigmul", bigmul},
    {"spectral-norm", spectral_norm}, {"nqueens", nqueens}, {"fannkuch", fannkuch}, {"bytecode", bytecode},
  };
  for (size_t k = 0; argc == 3 && k < sizeof kernels / sizeof *kernels; k++)
    if (strcmp(argv[1], kernels[k].name) == 0) {
      printf("%lld\n", (long long)kernels[k].run(strtoull(argv[2], NULL, 10)));
      return 0;
    }
  return 1;
}
