// A point: its place, and sin(2ᶠπv), cos(2ᶠπv) of each coordinate v, octave by octave.

void at(int row, vec3 p{{if .Derived}}, mat3x4 dp{{end}}) {
    for (int i = 0; i < 3; i++) { {{- if .Derived}}
        if (leads) {
            moved(row, dp[i]);
        }{{end}}
        put(row++, p[i]);
    }
    for (int f = 0; f < OCTAVES; f++) {
        for (int i = 0; i < 3; i++) {
            vec2 w = wave(ldexp(p[i], f));{{if .Derived}}
            if (leads) {
                vec4 dv = PI * ldexp(1.0, f) * dp[i];
                moved(row, dv * w.y);
                moved(row + 1, -dv * w.x);
            }{{end}}
            put(row++, w.x);
            put(row++, w.y);
        }
    }
}
