int hello(long n);

int main(void) { return hello(64) == 16 ? 0 : 1; }
