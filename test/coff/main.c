/* Calls generated code in a Windows process without a C library, and prints what it gives. */
typedef unsigned long long u64;
__declspec(dllimport) void ExitProcess(unsigned);
__declspec(dllimport) void *GetStdHandle(unsigned);
__declspec(dllimport) int WriteFile(void *, const void *, unsigned, unsigned *, void *);

int _fltused;

long long fib(long long);
double mixed(int, double, const void *, float, long long, double);
unsigned __int128 wide(unsigned __int128, unsigned char);
typedef struct { u64 w[3]; } three;
u64 by_reference(three, u64);
u64 pages(u64);
void printed(u64);

static void print(const char *text, unsigned bytes) {
  unsigned n;
  WriteFile(GetStdHandle((unsigned)-11), text, bytes, &n, 0);
}

/* Called by generated code; variadic functions get doubles in general registers. */
u64 sum_of(u64 n, ...) {
  __builtin_va_list list;
  __builtin_va_start(list, n);
  double sum = 0;
  for (u64 k = 0; k < n; k++) sum += __builtin_va_arg(list, double);
  __builtin_va_end(list);
  return (u64)sum;
}

void printed(u64 x) {
  char text[24];
  int at = sizeof text;
  text[--at] = '\n';
  do text[--at] = '0' + x % 10;
  while ((x /= 10) != 0);
  print(text + at, sizeof text - at);
}

u64 doubles(void);

void start(void) {
  three t = {{1, 2, 39}};
  printed(fib(20));
  printed((u64)mixed(1, 2.0, &t, 4.0f, 8, 16.0));
  unsigned __int128 w = wide((unsigned __int128)7 << 64, 3);
  printed((u64)(w >> 64) * 1000 + (u64)w);
  printed(by_reference(t, 3));
  printed(pages(5));
  printed(doubles());
  ExitProcess(0);
}
