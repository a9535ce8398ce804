// The input of the layers: the six coordinates first, then what is known of POINTS points of the ray, some in each pass.

int encode(int pass, vec3 d, vec3 m) {
    if (pass == 0) {
        if ({{.Share}} == 0) {
            for (int i = 0; i < 3; i++) {
                put(i, d[i]);
                put(3 + i, m[i]);
            }
            put(6, 0.0);
            put(7, 0.0);{{if .Derived}}
            if (leads) {
                for (int i = 0; i < 3; i++) {
                    moved(i, dd[i]);
                    moved(3 + i, dm[i]);
                }
                moved(6, vec4(0));
                moved(7, vec4(0));
            }{{end}}
        }
        return 8;
    }
    chord(d, m);
    for (int i = {{.Share}}; i < PASS_POINTS; i += {{.Shares}}) {
        float k = float(min((pass - 1) * PASS_POINTS + i, POINTS - 1));
        at(i * POINT_ROWS, start + k * stride{{if .Derived}}, dstart + k * dstride{{end}});
    }
    for (int k = PASS_POINTS * POINT_ROWS + {{.Share}}; k < INPUTS; k += {{.Shares}}) {
        put(k, 0.0);{{if .Derived}}
        if (leads) {
            moved(k, vec4(0));
        }{{end}}
    }
    return INPUTS;
}
