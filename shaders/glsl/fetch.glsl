// Features at a point of the cube of the grids, which are in 3D textures. The hardware's own filter would take one fetch
// instead of eight, but its weights have 8 bits: on an H100 pictures then differ by up to 7/255, for a sixth of the time.
{{range .Units}}
layout(binding = {{.}}) uniform sampler3D grid{{.}};{{end}}
{{- range .Pages}}
layout(binding = {{.Unit}}) uniform usampler3D pages{{.Grid}}; // which brick of grid{{.Grid}} is where{{end}}

// between mixes the eight texels from c on.
vec4 between(sampler3D grid, ivec3 c, vec3 f) {
    vec4 v00 = mix(texelFetch(grid, c, 0), texelFetch(grid, c + ivec3(1, 0, 0), 0), f.x);
    vec4 v01 = mix(texelFetch(grid, c + ivec3(0, 1, 0), 0), texelFetch(grid, c + ivec3(1, 1, 0), 0), f.x);
    vec4 v10 = mix(texelFetch(grid, c + ivec3(0, 0, 1), 0), texelFetch(grid, c + ivec3(1, 0, 1), 0), f.x);
    vec4 v11 = mix(texelFetch(grid, c + ivec3(0, 1, 1), 0), texelFetch(grid, c + ivec3(1, 1, 1), 0), f.x);
    return mix(mix(v00, v01, f.y), mix(v10, v11, f.y), f.z);
}

vec4 fetch(sampler3D grid, vec3 p) {
    float last = float(textureSize(grid, 0).x - 1);
    vec3 u = clamp(p * (0.5 * last) + 0.5 * last, 0.0, last);
    vec3 cell = min(floor(u), last - 1.0);
    return between(grid, ivec3(cell), u - cell);
}
{{- if .Pages}}

// Of a sparse grid the texture has bricks: the texels of {{.BrickCells}} cells along each axis, one more than there are cells.
vec4 fetch(sampler3D bricks, usampler3D pages, float last, vec3 p) {
    vec3 u = clamp(p * (0.5 * last) + 0.5 * last, 0.0, last);
    vec3 cell = min(floor(u), last - 1.0);
    uvec3 c = uvec3(cell), brick = texelFetch(pages, ivec3(c / {{.BrickCells}}u), 0).xyz;
    return between(bricks, ivec3(brick * {{add .BrickCells 1}}u + c % {{.BrickCells}}u), u - cell);
}
{{- end}}
{{- if .Derived}}

// slopes are how that changes along each axis.
mat3x4 slopes(sampler3D grid, vec3 p) {
    float last = float(textureSize(grid, 0).x - 1);
    vec3 u = p * (0.5 * last) + 0.5 * last;
    vec3 pace = 0.5 * last * vec3(greaterThanEqual(u, vec3(0))) * vec3(lessThanEqual(u, vec3(last)));
    u = clamp(u, 0.0, last);
    vec3 cell = min(floor(u), last - 1.0);
    vec3 f = u - cell;
    ivec3 c = ivec3(cell);
    vec4 v00 = texelFetch(grid, c, 0), d00 = texelFetch(grid, c + ivec3(1, 0, 0), 0) - v00;
    vec4 v01 = texelFetch(grid, c + ivec3(0, 1, 0), 0), d01 = texelFetch(grid, c + ivec3(1, 1, 0), 0) - v01;
    vec4 v10 = texelFetch(grid, c + ivec3(0, 0, 1), 0), d10 = texelFetch(grid, c + ivec3(1, 0, 1), 0) - v10;
    vec4 v11 = texelFetch(grid, c + ivec3(0, 1, 1), 0), d11 = texelFetch(grid, c + ivec3(1, 1, 1), 0) - v11;
    v00 += f.x * d00;
    v01 += f.x * d01;
    v10 += f.x * d10;
    v11 += f.x * d11;
    return mat3x4(pace.x * mix(mix(d00, d01, f.y), mix(d10, d11, f.y), f.z), pace.y * mix(v01 - v00, v11 - v10, f.z),
                  pace.z * (mix(v10, v11, f.y) - mix(v00, v01, f.y)));
}
{{- end}}
