#include <stdio.h>

int escape_time(double x, double y, int limit);
long mandelbrot(int size, int limit);

int main(void) {
  for (int row = 0; row < 11; row++) {
    for (int column = 0; column < 39; column++) {
      int steps = escape_time(-2.2 + column * 0.08, -1.2 + row * 0.24, 50);
      putchar(" .:-=+*%#"[steps * 8 / 50]);
    }
    putchar('\n');
  }
  printf("%ld steps\n", mandelbrot(64, 100));
  return 0;
}
