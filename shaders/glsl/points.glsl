// The input of the layers: the six coordinates first, then what is known of POINTS points of the ray, some in each pass.
{{- if .Derived}}

// Of the first pixels: start and stride, and by how much they change. All invocations of a block share their points.
shared vec4 tracks[8 * TY];

// keep makes them known, where leads.
void keep() {
    int t = 8 * ty;
    tracks[t] = vec4(start, 0);
    tracks[t + 1] = vec4(stride, 0);
    for (int i = 0; i < 3; i++) {
        tracks[t + 2 + i] = dstart[i];
        tracks[t + 5 + i] = dstride[i];
    }
}

// kept is point k of the first pixel's ray, and how that changes.
vec3 kept(float k, out mat3x4 dp) {
    int t = 8 * ty;
    dp = mat3x4(tracks[t + 2] + k * tracks[t + 5], tracks[t + 3] + k * tracks[t + 6], tracks[t + 4] + k * tracks[t + 7]);
    return tracks[t].xyz + k * tracks[t + 1].xyz;
}
{{- end}}

int encode(int pass, vec3 d, vec3 m) {
    if (pass == 0) {
        if ({{.Share}} == 0) {
            six(d, m);{{if .Derived}}
            if (leads) {
                chord(d, m);
                keep();
            }{{end}}
        }
        return 8;
    }
    chord(d, m);
    for (int i = {{.Share}}; i < PASS_POINTS; i += {{.Shares}}) {
        float k = float(min((pass - 1) * PASS_POINTS + i, POINTS - 1));
        at(i * POINT_ROWS, start + k * stride);
    }
    for (int k = PASS_POINTS * POINT_ROWS + {{.Share}}; k < INPUTS; k += {{.Shares}}) {
        put(k, 0.0);
    }
{{- if .Derived}}
    for (int i = tx; i < PASS_POINTS; i += TX) {
        mat3x4 dp;
        vec3 p = kept(float(min((pass - 1) * PASS_POINTS + i, POINTS - 1)), dp);
        moved_at(i * POINT_ROWS, p, dp);
    }
    for (int k = PASS_POINTS * POINT_ROWS + tx; k < INPUTS; k += TX) {
        moved(k, vec4(0));
    }
{{- end}}
    return INPUTS;
}
