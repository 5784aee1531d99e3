/** A catalog replica as a process: `node --import tsx catalog/main.ts`. */
import { runMember } from "../shared/member/member.ts";
import { startCatalog } from "./catalog_member.ts";

runMember("catalog", startCatalog);
