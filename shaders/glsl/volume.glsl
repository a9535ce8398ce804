// The input of the layers: features composited along the ray by a density from the same grids, the
// transmittance that is left, and the six coordinates.
//
//     σ = softplus(10·Σ first channels − 1)     a = 1 − exp(−σ·25·spacing)
//     F = 3·Σ T·a·f                             T ← T·(1 − a)
{{range .Spaces}}
layout(binding = {{.Unit}}) uniform usampler3D {{.Occupancy}}; // 0: occupied; n: the next occupied cell is n cells off{{end}}

float T;{{range .Grids}}
vec3 f{{.}};{{end}}{{if .Geometry}}

int first;    // sample that weighs something
vec3 moments; // sums of the weights, of weights times k − first, and times its square
int met;      // the sample in which T falls below SURFACE_LIGHT, or −1
float at;     // the k of where it does
{{end}}
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
        vec4 v{{$i}} = {{$.Fetch $g}};{{end}}
        float s = DENSITY_GAIN * (0.0{{range $i, $g := .Grids}} + v{{$i}}.r{{end}}) + DENSITY_BIAS;
        float sigma = max(s, 0.0) + log(1.0 + exp(-abs(s)));
        float left = exp(-sigma * OPTICAL_DEPTH * spacing);
        float w = T * (1.0 - left);{{range $i, $g := .Grids}}
        f{{$i}} += w * v{{$i}}.gba;{{end}}{{if $.Geometry}}
        if (moments.x == 0.0) {
            first = k;
        }
        float behind = float(k - first);
        moments += w * vec3(1, behind, behind * behind);
        if (met < 0 && T * left < SURFACE_LIGHT) {
            met = k;
            at = float(k) + log(T / SURFACE_LIGHT) / (sigma * OPTICAL_DEPTH * spacing) - 0.5;
        }{{end}}
        T *= left;
        k++;
    }
}
{{end}}
{{- if .Geometry}}
{{- range .Spaces}}
// {{.Density}} is the sum of the densities at a point of the cube{{.Where}}.
float {{.Density}}(vec3 p) {
{{- if $.Window}}
    p.z = min(p.z, DEEPEST);{{end}}
    return 0.0{{range .Grids}} + {{$.Fetch .}}.r{{end}};
}

// {{.Gradient}} is how they change around it, by central differences.
vec3 {{.Gradient}}(vec3 p) {
    vec3 g = vec3(0);
    for (int i = 0; i < 3; i++) {
        vec3 axis = vec3(equal(ivec3(i), ivec3(0, 1, 2)));
        g += axis * ({{.Density}}(p + TEXEL * axis) - {{.Density}}(p - TEXEL * axis));
    }
    return g;
}
{{end}}
// see finds what the ray meets from what marches have left, as [lfn.Packed.Surfaces] says.
void see(vec3 d, vec3 m) {
    if (met < 0 || !(T < 0.5)) {
        return;
    }
    float mean = moments.y / moments.x;
    float v = from + {{if .Window}}(float(first) + mean){{else}}at{{end}} * spacing, t = v;
    float spread = spacing * sqrt(max(moments.z / moments.x - mean * mean, 0.0) + 1.0 / 12.0);
{{- if .Window}}
    vec4 a = SCENE_OF_CUBE * vec4(middle, 1), b = SCENE_OF_CUBE * vec4(along, 0); // (a + b·v) is in the scene
    vec2 num = vec2(dot(a.xyz, d), dot(b.xyz, d));
    float w = a.w + b.w * v;
    t = (num.x + num.y * v) / w;
    spread *= abs(num.y * a.w - num.x * b.w) / (w * w);
{{- else if .Clear}}
    float far = abs(v);
    if (far > 1.0) {
        far = 1.0 / (2.0 - far);
        t = v > 0.0 ? far : -far;
        spread *= far * far;
    }
{{- end}}
    vec3 x = cross(d, m) + t * d;
    if (!meets(x, t, spread, moments.x)) {
        return;
    }
    vec3 p = middle + v * along; // in the cube
{{- if .Window}}
    vec3 g = gradient(vec3(p.xy, (p.z + 1.0) / FLAT - 1.0));
{{- else if .Clear}}
    bool beyond = met < entry || met >= leave;
    float inv = 1.0 / length(x);
    vec3 up = x * inv;
    vec3 g = beyond ? gradient_outside(up * (1.0 - 0.5 * inv)) : gradient(p);
{{- else}}
    vec3 g = gradient(p);
{{- end}}
    bool steep = length(g) > LEAST_SLOPE;
{{- if .Window}}
    g = (vec4(g.xy, g.z / FLAT, -dot(g, vec3(p.xy, p.z / FLAT))) * CUBE_OF_SCENE).xyz;
{{- else if .Clear}}
    if (beyond) {
        vec3 radial = dot(g, up) * up;
        g = (g - radial) * (1.0 - 0.5 * inv) * inv + radial * 0.5 * inv * inv;
    }
{{- end}}
    if (steep) {
        seen.normal = g * ((dot(g, d) > 0.0 ? -1.0 : 1.0) / length(g));
    }
}
{{end}}
int encode(int pass, vec3 d, vec3 m) {
    if (part != 0) {
        return INPUTS;
    }
    chord(d, m);
    T = 1.0;{{range .Grids}}
    f{{.}} = vec3(0);{{end}}{{if .Geometry}}
    moments = vec3(0);
    met = -1;
    seen = Seen(0.0, 0.0, 0.0, vec3(0));{{end}}
    if (spacing > 0.0) {
        vec3 moves = abs(stride);{{if .Clear}}
        float turns = (0.5 + length(middle)) * spacing; // no sample outside is farther from the one before
        march_outside(0, entry, turns);
        march(entry, leave, max(moves.x, max(moves.y, moves.z)));
        march_outside(leave, POINTS, turns);{{else}}
        march(0, POINTS, max(moves.x, max(moves.y, moves.z)));{{end}}
    }{{if .Geometry}}
    see(d, m);{{end}}
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
