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
{{- if .Derived}}

// moved_at is what becomes of them as the point moves.
void moved_at(int row, vec3 p, mat3x4 dp) {
    for (int i = 0; i < 3; i++) {
        moved(row++, dp[i]);
    }
    for (int f = 0; f < OCTAVES; f++) {
        for (int i = 0; i < 3; i++) {
            vec2 w = wave(ldexp(p[i], f));
            vec4 dv = PI * ldexp(1.0, f) * dp[i];
            moved(row++, dv * w.y);
            moved(row++, -dv * w.x);
        }
    }
}
{{- end}}
