#include <stdio.h>

long fib(long n);
long fib_loop(long n);

int main(void) {
  printf("fib(20) = %ld\n", fib(20));
  printf("fib(90) = %ld\n", fib_loop(90));
  return 0;
}
