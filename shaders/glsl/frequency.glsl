// The input of the layers: the six coordinates, and sin(2ᶠπv), cos(2ᶠπv) of each, octave by octave.

int encode(int pass, vec3 d, vec3 m) {
    for (int f = part; f <= OCTAVES; f += PARTS) {
        for (int i = 0; i < 6; i++) {
            float v = i < 3 ? d[i] : m[i - 3];{{if .Derived}}
            float dv = i < 3 ? dd[i] : dm[i - 3];{{end}}
            if (f == OCTAVES) {
                put(i, {{if .Derived}}derived ? dv : {{end}}v);
                continue;
            }
            vec2 w = wave(ldexp(v, f));{{if .Derived}}
            if (derived) {
                w = PI * ldexp(dv, f) * vec2(w.y, -w.x);
            }{{end}}
            put(6 + 12 * f + 2 * i, w.x);
            put(6 + 12 * f + 2 * i + 1, w.y);
        }
    }
    for (int k = 6 + 12 * OCTAVES + part; k < INPUTS; k += PARTS) {
        put(k, 0.0);
    }
    return INPUTS;
}
