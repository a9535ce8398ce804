// A point: its place, and sin(2ᶠπv), cos(2ᶠπv) of each coordinate v, octave by octave.

void at(int row, vec3 p) {
    for (int i = 0; i < 3; i++) {
        put(row++, p[i]);
    }
    for (int f = 0; f < OCTAVES; f++) {
        for (int i = 0; i < 3; i++) {
            vec2 w = wave(ldexp(p[i], f));
            put(row++, w.x);
            put(row++, w.y);
        }
    }
}
