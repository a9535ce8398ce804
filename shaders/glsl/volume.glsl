// The input of the layers: features composited along the ray by a density from the same grids, the
// transmittance that is left, and the six coordinates.
//
//     σ = softplus(10·Σ first channels − 1)     a = 1 − exp(−σ·25·spacing)
//     F = 3·Σ T·a·f                             T ← T·(1 − a)
{{range .Spaces}}
layout(binding = {{.Unit}}) uniform usampler3D {{.Occupancy}}; // 0: occupied; n: the next occupied cell is n cells off{{end}}

float T;{{range .Grids}}
vec3 f{{.}};{{end}}
{{range .Spaces}}
// {{.March}} goes on from sample k up to the last one{{.Where}}. moves is how far a sample is from the one before, at
// most, along an axis of the cube.
void {{.March}}(int k, int last, float moves) {
    int top = textureSize({{.Occupancy}}, 0).x - 1;
    float cells = 0.5 * float(top + 1);
    float most = 1.0 / (moves * cells); // samples that fit into a cell, at least
    while (k < last && T >= OPAQUE) {
        vec3 p = {{.Sample}};
        uint off = texelFetch({{.Occupancy}}, clamp(ivec3((p + 1.0) * cells), 0, top), 0).r;
        if (off > 0u) {
            k += 1 + int(float(off - 1u) * most);
            continue;
        }{{$space := .}}{{range $i, $g := .Grids}}
        vec4 v{{$i}} = fetch(grid{{$g}}, p);{{end}}
        float s = DENSITY_GAIN * (0.0{{range $i, $g := .Grids}} + v{{$i}}.r{{end}}) + DENSITY_BIAS;
        float sigma = max(s, 0.0) + log(1.0 + exp(-abs(s)));
        float left = exp(-sigma * OPTICAL_DEPTH * spacing);
        float w = T * (1.0 - left);{{range $i, $g := .Grids}}
        f{{$i}} += w * v{{$i}}.gba;{{end}}
        T *= left;
        k++;
    }
}
{{end}}
int encode(int pass, vec3 d, vec3 m) {
    if (part != 0) {
        return INPUTS;
    }
    chord(d, m);
    T = 1.0;{{range .Grids}}
    f{{.}} = vec3(0);{{end}}
    if (spacing > 0.0) {
        vec3 moves = abs(stride);{{if .Clear}}
        float turns = (0.5 + length(middle)) * spacing; // no sample outside is farther from the one before
        march_outside(0, entry, turns);
        march(entry, leave, max(moves.x, max(moves.y, moves.z)));
        march_outside(leave, POINTS, turns);{{else}}
        march(0, POINTS, max(moves.x, max(moves.y, moves.z)));{{end}}
    }
    int row = 0;{{range .Grids}}
    for (int i = 0; i < 3; i++) {
        put(row++, FEATURE_GAIN * f{{.}}[i]);
    }{{end}}
    put(row++, T);
    for (int i = 0; i < 3; i++) {
        put(row + i, d[i]);
        put(row + 3 + i, m[i]);
    }
    for (row += 6; row < INPUTS; row++) {
        put(row, 0.0);
    }
    return INPUTS;
}
