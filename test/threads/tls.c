#include <pthread.h>
#include <stdint.h>
#include <stdio.h>

__thread uint64_t counter;
__thread uint64_t pair[2];
uint64_t bump(uint64_t), many(uint64_t, double);

static void *run(void *arg) {
  uint64_t start = (uint64_t)(uintptr_t)arg, last = 0, sum = 0, total = 0;
  counter = start;
  pair[0] = 5;
  for (uint64_t k = 0; k < 100000; k++) {
    last = bump(k);
    sum += k;
    total += start + sum;
  }
  int ok = last == total && counter == start + sum && pair[1] == total && pair[0] == 5;
  ok = ok && many(7, 1.5) == 14 + 3 + counter;
  return (void *)(uintptr_t)ok;
}

int main(void) {
  pthread_t threads[2];
  void *ok[2];
  for (uintptr_t k = 0; k < 2; k++) pthread_create(&threads[k], NULL, run, (void *)(k * 1000 + 1));
  for (int k = 0; k < 2; k++) pthread_join(threads[k], &ok[k]);
  printf("%d %d\n", ok[0] != NULL, ok[1] != NULL);
  return 0;
}
