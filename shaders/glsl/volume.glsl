// The input of the layers: features composited along the chord by a density from the same grids, the
// transmittance that is left, and the six coordinates.
//
//     σ = softplus(10·Σ first channels − 1)     a = 1 − exp(−σ·25·spacing)
//     F = 3·Σ T·a·f                             T ← T·(1 − a)

layout(binding = {{.OccupancyUnit}}) uniform usampler3D occupancy; // 0: occupied; n: the next occupied cell is n cells off

int encode(int pass, vec3 d, vec3 m) {
    if (part != 0) {
        return INPUTS;
    }
    chord(d, m);
    float T = 1.0;{{range .Grids}}
    vec3 f{{.}} = vec3(0);{{end}}
    if (spacing > 0.0) {
        int top = textureSize(occupancy, 0).x - 1;
        float cells = 0.5 * float(top + 1);
        vec3 moves = abs(stride) * cells;
        float most = 1.0 / max(moves.x, max(moves.y, moves.z)); // samples that fit into a cell, at least
        int k = 0;
        while (k < POINTS) {
            vec3 p = start + float(k) * stride;
            uint off = texelFetch(occupancy, clamp(ivec3((p + 1.0) * cells), 0, top), 0).r;
            if (off > 0u) {
                k += 1 + int(float(off - 1u) * most);
                continue;
            }{{range .Grids}}
            vec4 v{{.}} = fetch(grid{{.}}, p);{{end}}
            float s = DENSITY_GAIN * (0.0{{range .Grids}} + v{{.}}.r{{end}}) + DENSITY_BIAS;
            float sigma = max(s, 0.0) + log(1.0 + exp(-abs(s)));
            float left = exp(-sigma * OPTICAL_DEPTH * spacing);
            float w = T * (1.0 - left);{{range .Grids}}
            f{{.}} += w * v{{.}}.gba;{{end}}
            T *= left;
            if (T < OPAQUE) {
                break;
            }
            k++;
        }
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
