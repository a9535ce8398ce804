// Normals, where a pixel is confident and has none: of the plane through what it sees and what its neighbours do, of left
// and right, and of above and below, that which is nearer to it.

layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 1, rgba32f) uniform image2D geometry;
layout(location = 13) uniform ivec2 apart; // pixels to the next that something else is known of

// seen is what pixel at sees, from the camera, in the world, and 1, or 0 where that is not known.
vec4 seen(ivec2 at) {
    vec4 g = vec4(0);
    if (all(greaterThanEqual(at, ivec2(0))) && all(lessThan(at, size))) {
        g = imageLoad(geometry, at);
    }
    vec3 d, m;
    line(vec2(at) + point, d, m);
    return g.z >= CONFIDENT ? vec4(g.x * d, 1) : vec4(0);
}

// way is from what pixel at sees, here, to what its neighbour does, or back from the one on the other side; 0 where neither
// is known.
vec3 way(vec3 here, ivec2 at, ivec2 to) {
    vec4 next = seen(at + to), last = seen(at - to);
    vec3 a = next.xyz - here, b = here - last.xyz;
    if (next.w > 0.0 && (last.w == 0.0 || length(a) <= length(b))) {
        return a;
    }
    return last.w * b;
}

void main() {
    ivec2 at = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(at, size))) {
        return;
    }
    vec4 g = imageLoad(geometry, at);
    if (!(g.z >= CONFIDENT) || g.w != 0.0) {
        return;
    }
    vec3 here = seen(at).xyz;
    vec3 n = cross(way(here, at, ivec2(0, apart.y)), way(here, at, ivec2(apart.x, 0)));
    imageStore(geometry, at, vec4(g.xyz, codeOf(dot(n, here) > 0.0 ? -n : n)));
}
