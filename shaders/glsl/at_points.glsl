// A point: its place, and sin(2ᶠπv), cos(2ᶠπv) of each coordinate v, octave by octave.

void at(int row, vec3 p{{if .Derived}}, vec3 dp{{end}}) {
    for (int i = 0; i < 3; i++) {
        put(row++, {{if .Derived}}derived ? dp[i] : {{end}}p[i]);
    }
    for (int f = 0; f < OCTAVES; f++) {
        for (int i = 0; i < 3; i++) {
            vec2 w = wave(ldexp(p[i], f));{{if .Derived}}
            if (derived) {
                w = PI * ldexp(dp[i], f) * vec2(w.y, -w.x);
            }{{end}}
            put(row++, w.x);
            put(row++, w.y);
        }
    }
}
