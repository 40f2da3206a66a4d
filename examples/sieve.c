#include <stdio.h>

long count_primes(long n);

int main(void) {
  printf("%ld primes below 10000\n", count_primes(10000));
  return 0;
}
