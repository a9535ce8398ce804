// A tile of the image.

layout(binding = 0, {{.Format}}) uniform {{if .Blends}}{{else}}writeonly {{end}}image2D image;

void main() {
    id = int(gl_LocalInvocationIndex);
    tx = id / (ACROSS * TY) * ACROSS + id % ACROSS;
    ty = id / ACROSS % TY;
    ray = ty * {{.Rays}} + tx % {{.Rays}};
    part = tx / {{.Rays}};

    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + corner) * ivec2(TILE_W, TILE_H);
    ivec2 pixel = tile + ivec2(ray % TILE_W, ray / TILE_W);
    vec3 d, m;
    line(vec2(pixel) + point, d, m);

    begin();
    int w = 0;
    for (int pass = 0; pass < PASSES + LAYERS - 1; pass++) {
        int rows = WIDTH;
        if (pass < PASSES) {
            rows = encode(pass, d, m);
            pack(pass, rows);
        }
        w = multiply(pass, w, rows);
        if (pass < PASSES - 1) {
            sync();
            continue;
        }
        finish(w);
        w += WIDTH / 4 + 1;
        begin();
    }
    vec3 color = last(w);{{if .Signed}}
    color = 0.5 * color + 0.5;{{end}}
    color = clamp(color, 0.0, 1.0) * blend.y;
    if (part == 0 && all(lessThan(pixel, size))) {{"{"}}{{if .Blends}}
        if (blend.x > 0.0) {
            color += blend.x * imageLoad(image, pixel).rgb;
        }{{end}}
        imageStore(image, pixel, vec4(color, 1.0));{{if .Geometry}}
        imageStore(geometry, pixel, surface(d));{{end}}
    }
}
