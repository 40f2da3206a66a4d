/* A thread-local variable, and what a C library would bring for it: the directory that the loader reads. */
#pragma section(".tls", long, read, write)
#pragma section(".tls$ZZZ", long, read, write)
unsigned _tls_index;
__declspec(allocate(".tls")) char _tls_start = 0;
__declspec(allocate(".tls$ZZZ")) char _tls_end = 0;
const struct {
  char *start, *end;
  unsigned *index;
  void *callbacks;
  unsigned fill, flags;
} _tls_used = {&_tls_start, &_tls_end, &_tls_index, 0, 0, 0};
__declspec(thread) long long count = 40;
__declspec(dllimport) void ExitProcess(unsigned);
long long counter(long long);

void start(void) {
  counter(1);
  long long r = counter(1);
  ExitProcess(count == 42 && r == 42 ? 3 : 4);
}
