// The input of the layers: the six coordinates.{{if .Half}} Half precision would move a ray by 1/4000 of the scene: its
// rounding is made good by rows for what it leaves of a coordinate, and rows for what it leaves of a weight.{{end}}

int encode(int pass, vec3 d, vec3 m) {
    if (part == 0) {

{{- if .Half}}
        for (int i = 0; i < 6; i++) {
            float v = i < 3 ? d[i] : m[i - 3];
            float near = round(v * 256.0) / 256.0; // exact in half precision up to 8
            put(i, near);
            put(6 + i, v - near);
            put(12 + i, near);
        }
{{- else}}
        for (int i = 0; i < 3; i++) {
            put(i, d[i]);
            put(3 + i, m[i]);
        }
{{- end}}
        for (int k = {{if .Half}}18{{else}}6{{end}}; k < INPUTS; k++) {
            put(k, 0.0);
        }
    }
    return INPUTS;
}
