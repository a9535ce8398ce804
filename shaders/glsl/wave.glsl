// sin(πx) and cos(πx): whole turns are taken off first, which is exact in floating point.
vec2 wave(float x) {
    float turn = x - 2.0 * round(0.5 * x);
    return vec2(sin(PI * turn), cos(PI * turn));
}
