/** A front-end as a process: `ID=1 node --import tsx frontend/main.ts`. */
import { runMember } from "../shared/member/member.ts";
import { startFrontend } from "./frontend.ts";

runMember("frontend", startFrontend);
