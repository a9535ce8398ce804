// The input of the layers: the six coordinates first, then what is known of POINTS points of the ray, some in each pass.

int encode(int pass, vec3 d, vec3 m) {
    if (pass == 0) {
        if ({{.Share}} == 0) {
            six(d, m);
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
