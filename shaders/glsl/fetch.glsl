// Features at a point of the cube of the grids, which are in 3D textures. The hardware's own filter would take one fetch
// instead of eight, but its weights have 8 bits: on an H100 pictures then differ by up to 7/255, for a sixth of the time.
{{range .Units}}
layout(binding = {{.}}) uniform sampler3D grid{{.}};{{end}}
vec4 fetch(sampler3D grid, vec3 p) {
    float last = float(textureSize(grid, 0).x - 1);
    vec3 u = clamp(p * (0.5 * last) + 0.5 * last, 0.0, last);
    vec3 cell = min(floor(u), last - 1.0);
    vec3 f = u - cell;
    ivec3 c = ivec3(cell);
    vec4 v00 = mix(texelFetch(grid, c, 0), texelFetch(grid, c + ivec3(1, 0, 0), 0), f.x);
    vec4 v01 = mix(texelFetch(grid, c + ivec3(0, 1, 0), 0), texelFetch(grid, c + ivec3(1, 1, 0), 0), f.x);
    vec4 v10 = mix(texelFetch(grid, c + ivec3(0, 0, 1), 0), texelFetch(grid, c + ivec3(1, 0, 1), 0), f.x);
    vec4 v11 = mix(texelFetch(grid, c + ivec3(0, 1, 1), 0), texelFetch(grid, c + ivec3(1, 1, 1), 0), f.x);
    return mix(mix(v00, v01, f.y), mix(v10, v11, f.y), f.z);
}
