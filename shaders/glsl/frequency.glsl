// The input of the layers: the six coordinates, and sin(2ᶠπv), cos(2ᶠπv) of each, octave by octave.

int encode(int pass, vec3 d, vec3 m) {
{{- if .Derived}}
    move(d, m);
{{- end}}
    for (int f = {{.Share}}; f <= OCTAVES; f += {{.Shares}}) {
        for (int i = 0; i < 6; i++) {
            float v = i < 3 ? d[i] : m[i - 3];{{if .Derived}}
            vec4 dv = i < 3 ? dd[i] : dm[i - 3];{{end}}
            if (f == OCTAVES) {
                put(i, v);{{if .Derived}}
                if (leads) {
                    moved(i, dv);
                }{{end}}
                continue;
            }
            vec2 w = wave(ldexp(v, f));
            put(6 + 12 * f + 2 * i, w.x);
            put(6 + 12 * f + 2 * i + 1, w.y);{{if .Derived}}
            if (leads) {
                dv *= PI * ldexp(1.0, f);
                moved(6 + 12 * f + 2 * i, dv * w.y);
                moved(6 + 12 * f + 2 * i + 1, -dv * w.x);
            }{{end}}
        }
    }
    for (int k = 6 + 12 * OCTAVES + {{.Share}}; k < INPUTS; k += {{.Shares}}) {
        put(k, 0.0);{{if .Derived}}
        if (leads) {
            moved(k, vec4(0));
        }{{end}}
    }
    return INPUTS;
}
